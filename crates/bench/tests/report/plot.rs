//! Plots as files.

use chinwag_bench::report::{Latency, Series, write_latency_plot, write_plot};

use crate::sample;

fn series(points: &[(f64, f64)], floor: &[(f64, f64)]) -> Series {
    Series {
        name: "cost".to_owned(),
        x: "readers".to_owned(),
        unit: "KiB".to_owned(),
        points: points.to_vec(),
        floor: floor.to_vec(),
    }
}

#[test]
fn known_points_land_at_known_places() {
    // The lines' part is 542 wide from 72 on, and 260 high from 72 on, below two names and that of the axis. The x axis has
    // three decades from 1 to 1,000, the y axis one from 1 to 10.
    let svg = write_plot(&[series(
        &[(1.0, 10.0), (10.0, 10_f64.sqrt()), (1_000.0, 1.0)],
        &[(1.0, 1.0), (100.0, 1.0)],
    )]);
    assert!(svg.contains("<path class=\"line c0\" d=\"M72.0 72.0L252.7 202.0L614.0 332.0\"/>"), "{svg}");
    assert!(svg.contains("<path class=\"line c0 floor\" d=\"M72.0 332.0L433.3 332.0\"/>"), "{svg}");
    assert!(svg.contains("cx=\"252.7\" cy=\"202.0\" r=\"3\"><title>10: 3.1622777</title>"), "{svg}");
    for tick in [
        "<text x=\"72.0\" y=\"350\" text-anchor=\"middle\">1</text>",
        "<text x=\"614.0\" y=\"350\" text-anchor=\"middle\">1k</text>",
        "<text x=\"64\" y=\"76.5\" text-anchor=\"end\">10</text>",
        "<text x=\"64\" y=\"336.5\" text-anchor=\"end\">1</text>",
    ] {
        assert!(svg.contains(tick), "{tick} is not in\n{svg}");
    }
    assert!(
        svg.contains(">readers</text>") && svg.contains(">KiB</text>") && svg.contains(">cost: floor</text>")
    );
}

#[test]
fn the_nines_of_a_latency_are_evenly_spaced() {
    // 0 %, 90 %, 99 % and 99.9 % are a quarter of 542 apart, and the greatest stands at the end.
    let latency = Latency {
        name: "send to reader".to_owned(),
        curve: vec![(0.0, 100.0), (90.0, 1_000.0), (99.0, 10_000.0), (99.9, 10_000.0), (100.0, 100_000.0)],
        ..sample::room().latencies.remove(0)
    };
    let svg = write_latency_plot(&[latency]);
    assert!(svg.contains("d=\"M72.0 292.0L207.5 205.3L343.0 118.7L478.5 118.7L614.0 32.0\""), "{svg}");
    for tick in [">0<", ">50 %<", ">90 %<", ">99 %<", ">99.9 %<", ">100 %<", ">100 µs<", ">1 ms<", ">100 ms<"]
    {
        assert!(svg.contains(tick), "{tick} is not in\n{svg}");
    }
}

#[test]
fn what_has_no_logarithm_is_left_out() {
    let svg =
        write_plot(&[series(&[(0.0, 5.0), (1.0, 0.0), (1.0, 10.0), (10.0, f64::NAN), (10.0, 1.0)], &[])]);
    assert!(svg.contains("d=\"M72.0 52.0L614.0 312.0\""), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert!(!svg.contains("line c0 floor"), "{svg}");
}

#[test]
fn nothing_is_a_plot_without_lines() {
    for svg in [write_plot(&[]), write_plot(&[series(&[], &[])]), write_latency_plot(&[])] {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn one_value_has_room_around_it() {
    let svg = write_plot(&[series(&[(1_000.0, 2.0)], &[])]);
    assert!(svg.contains("d=\"M72.0 312.0\""), "{svg}");
}

#[test]
fn a_file_has_its_style_with_it() {
    let svg = write_plot(&sample::room().series);
    let (_, style) = svg.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    assert!(style.contains("prefers-color-scheme:dark"), "{style}");
    // Style is text of XML here.
    assert!(!style.contains(['<', '&']), "{style}");
}
