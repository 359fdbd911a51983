//! A report as a page.

use chinwag_bench::report::{Series, to_html};

use crate::sample;

#[test]
fn the_page_has_figures_floors_ratios_and_plots() {
    let page = to_html(&sample::report());
    for part in [
        "<h1>chinwag/0.1.0 measured</h1>",
        "<p>chinwag 0.1.0 measured chinwag/0.1.0, 2026-11-25T19:28:07Z</p>",
        "<h2 id=\"run0\">room, websocket over http1</h2>",
        "<tr><td>server CPU per delivery<small>floor: epoll loop, 1 frame a write</small>\
         <td>8.12 µs<td>5.40 µs<td>1.50 ×",
        "<tr><td>server memory, private<td>41 MiB<td><td>",
        "<tr><td>send to last reader<small>from when it was due</small><td>12,000<td>3,100<td>8,000",
        "<p class=\"good\">Deliveries: all 12,000,000 came exactly once and in order;",
        "<p class=\"bad\">Deliveries: NOT CLEAN: 3 lost,",
        "<p>Note: The tool used 1.2 times the CPU of the server.</p>",
        "<tr><td>1,000<td>8.13<td>5<td>1.63 ×",
        "<a href=\"#run1\">pairs: messages</a><small>sse over http2 with TLS</small>",
        "<pre>chinwag bench room --readers 1000</pre>",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    // One of the latencies and one of the series.
    assert_eq!(page.matches("<svg").count(), 2);
}

#[test]
fn the_page_needs_nothing_else() {
    let page = to_html(&sample::report());
    // The name of SVG's elements is the only address, and nothing is fetched from it.
    let without_name = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for part in ["http:", "https:", "src=", "<script", "<link", "@import", "url("] {
        assert!(!without_name.contains(part), "{part}");
    }
    assert!(page.contains("content=\"default-src 'none';style-src 'unsafe-inline'\""));
}

#[test]
fn what_the_server_says_is_text() {
    let evil = "</h1><script>alert('1')</script>&\"";
    let safe = "&lt;/h1&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;";
    let mut report = sample::report();
    evil.clone_into(&mut report.server);
    evil.clone_into(&mut report.tool);
    evil.clone_into(&mut report.began);
    evil.clone_into(&mut report.command);
    let machine = &mut report.machine;
    for text in [&mut machine.cpu, &mut machine.kernel, &mut machine.tool_cores, &mut machine.server_cores] {
        evil.clone_into(text);
    }
    let run = &mut report.runs[0];
    run.notes = vec![evil.to_owned()];
    run.settings.insert(evil.to_owned(), serde_json::json!({ evil: evil }));
    for text in [&mut run.scenario, &mut run.way.transport, &mut run.way.protocol] {
        evil.clone_into(text);
    }
    let figure = &mut run.figures[0];
    for text in [&mut figure.name, &mut figure.unit, &mut figure.floor.as_mut().unwrap().name] {
        evil.clone_into(text);
    }
    evil.clone_into(&mut run.latencies[0].name);
    let series = &mut run.series[0];
    for text in [&mut series.name, &mut series.x, &mut series.unit] {
        evil.clone_into(text);
    }
    let page = to_html(&report);
    assert!(page.contains(&format!("<h1>{safe} measured</h1>")), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("alert('"), "{page}");
    assert_eq!(page.matches("</h1>").count(), 1);
}

#[test]
fn series_with_other_axes_have_a_plot_of_their_own() {
    let mut report = sample::report();
    let series = &mut report.runs[0].series;
    let same = Series { name: "tool CPU per delivery".to_owned(), ..series[0].clone() };
    let other = Series { unit: "MiB".to_owned(), ..series[0].clone() };
    series.extend([other, same]);
    let page = to_html(&report);
    assert_eq!(page.matches("<svg").count(), 3);
    assert!(
        page.contains("aria-label=\"server CPU per delivery, tool CPU per delivery by readers\""),
        "{page}"
    );
}
