//! A report for a terminal.

use chinwag_bench::report::{Deliveries, to_text};

use crate::sample;

#[test]
fn each_figure_stands_in_a_line_with_its_floor_and_ratio() {
    let expected = "\
chinwag 0.1.0 measured chinwag/0.1.0, 2026-11-25T19:28:07Z
server on core 0, tool on core 1; Example 3000, Linux 6.18.44, 15.5 GiB

room, websocket over http1
  loop closed, outstanding 1, readers 1,000, tls false, warm-up 0.300 seconds

  server CPU per delivery     8.12  µs   1.50 ×  floor     5.40  (epoll loop, 1 frame a write)
  deliveries               115,360  /s   1.50 ×  floor  173,039  (epoll loop, 1 frame a write)
  server memory, private        41  MiB

  µs                        count    min   50 %   90 %    99 %  99.9 %     max
  send to last reader *    12,000  3,100  8,000  9,120  12,345  25,000  31,003
  send to acknowledgement  12,000   87.5    210    345     800   1,900   2,400
  * counted from when the message was due, so that a stall is charged to all whom it delays

  server CPU per delivery, µs
  readers  value  floor   ratio
        1     60     12  5.00 ×
       10     14      7  2.00 ×
      100   8.50   5.50  1.55 ×
    1,000   8.13      5  1.63 ×
   10,000      9      6  1.50 ×

  Deliveries: all 12,000,000 came exactly once and in order; 12,000 sent, 12,000 acknowledged, 0 refused

  Note: The tool used 1.2 times the CPU of the server.

pairs, sse over http2 with TLS

  messages  15,000  /s  2.00 ×  floor  30,000  (append and fdatasync of batches of the same size)

  Deliveries: NOT CLEAN: 3 lost, 1 doubled, 4 out of order, 2 to the wrong reader or never sent; 995 of 998 came; \
1,000 sent, 998 acknowledged, 2 refused

Again: chinwag bench room --readers 1000
";
    let text = to_text(&sample::report());
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn small_and_missing_numbers_are_readable() {
    let mut report = sample::report();
    report.runs.truncate(1);
    let run = &mut report.runs[0];
    (run.latencies, run.series, run.deliveries, run.notes) = Default::default();
    for (value, shown) in [
        (0.0, "0"),
        (0.59, "0.590"),
        (0.012_345, "0.0123"),
        (0.999_7, "1.00"),
        (9.996, "10.0"),
        (12.345, "12.3"),
        (99.96, "100"),
        (999.4, "999"),
        (-1_234.5, "-1,234"),
        (1_234_567.0, "1,234,567"),
        (f64::NAN, "–"),
        (f64::INFINITY, "–"),
    ] {
        run_with(&mut report, value);
        let text = to_text(&report);
        assert!(text.contains(&format!("  memory  {shown}  MiB\n")), "{value}: {text}");
    }
}

fn run_with(report: &mut chinwag_bench::report::Report, value: f64) {
    let figures = &mut report.runs[0].figures;
    figures.truncate(1);
    figures[0].name = "memory".to_owned();
    (figures[0].value, figures[0].unit, figures[0].floor) = (value, "MiB".to_owned(), None);
}

#[test]
fn a_server_cannot_write_over_the_terminal() {
    let mut report = sample::report();
    report.server = "evil\u{1b}[2J\r\u{9b}0m".to_owned();
    report.runs[0].notes = vec!["one\nDeliveries: all came\u{7}".to_owned()];
    let text = to_text(&report);
    assert!(text.contains("measured evil\u{FFFD}[2J\u{FFFD}\u{FFFD}0m, 2026"), "{text}");
    assert!(text.contains("  Note: one Deliveries: all came\u{FFFD}\n"), "{text}");
}

#[test]
fn counts_that_do_not_add_up_are_told() {
    let mut report = sample::report();
    report.runs[0].deliveries = Some(Deliveries { expected: 5, delivered: 4, ..Deliveries::default() });
    let text = to_text(&report);
    assert!(text.contains("Deliveries: NOT CLEAN: the counts disagree; 4 of 5 came; "), "{text}");
}
