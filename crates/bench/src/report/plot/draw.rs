//! Lines over axes, as SVG.

use std::fmt::Write;

use super::axis::Axis;
use crate::report::html::escape;

/// Size of a plot; a browser scales it.
const WIDTH: f64 = 640.0;
/// Of the part with the lines.
const PLOT_HEIGHT: f64 = 260.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 26.0;
const BOTTOM: f64 = 46.0;
/// Of the axis's name above it, and of each line's name.
const ROW: f64 = 20.0;

/// Colours that follow one another.
const COLOURS: usize = 6;

/// The style sheet of all plots. Inside of a page, and inside of a file of its own.
pub(in crate::report) const STYLE: &str = "\
.plot{--ink:#1c2024;--faint:#60646c;--grid:#d9dce1;--c0:#1a66d1;--c1:#c2480c;--c2:#22803a;--c3:#8b35b0;--c4:#b81f58;\
--c5:#0b7285}
@media(prefers-color-scheme:dark){.plot{--ink:#edeef0;--faint:#b0b4ba;--grid:#3a3e46;--c0:#70aeff;--c1:#ff9a5c;\
--c2:#62cf7c;--c3:#d08bf2;--c4:#ff85b0;--c5:#4fcbdd}}
.plot text{font:14px system-ui,sans-serif;fill:var(--faint)}
.plot .name{fill:var(--ink)}
.plot .grid{stroke:var(--grid)}
.plot .axis{stroke:var(--faint)}
.plot .line{fill:none;stroke-width:2;stroke-linejoin:round}
.plot .floor{stroke-width:1.5;stroke-dasharray:5 4}
.plot .c0{stroke:var(--c0)}.plot .c1{stroke:var(--c1)}.plot .c2{stroke:var(--c2)}
.plot .c3{stroke:var(--c3)}.plot .c4{stroke:var(--c4)}.plot .c5{stroke:var(--c5)}
.plot circle{stroke-width:2;fill:transparent}
";

/// A plot that is to be drawn.
pub(super) struct Plot<'a> {
    /// What it shows, for those who do not see it.
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) x_name: &'a str,
    pub(super) x_label: &'a dyn Fn(f64) -> String,
    pub(super) y: Axis,
    pub(super) y_name: &'a str,
    pub(super) y_label: &'a dyn Fn(f64) -> String,
    pub(super) lines: Vec<Line<'a>>,
}

/// One line of a plot.
pub(super) struct Line<'a> {
    pub(super) name: String,
    /// Lines with the same number have the same colour.
    pub(super) colour: usize,
    /// Dashed, for what is only compared with.
    pub(super) is_floor: bool,
    /// Whether each point is marked.
    pub(super) marks: bool,
    pub(super) points: &'a [(f64, f64)],
}

impl Plot<'_> {
    /// The `svg` element. Where it stands there is [`STYLE`] too.
    pub(super) fn draw(&self) -> String {
        let rows = self.lines.len() + usize::from(!self.y_name.is_empty());
        let top = ROW * rows as f64 + 12.0;
        let height = top + PLOT_HEIGHT + BOTTOM;
        let mut svg = format!(
            "<svg class=\"plot\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-label=\"{}\">\n",
            escape(&self.title)
        );
        self.add_names(&mut svg, top);
        self.add_axes(&mut svg, top);
        for line in &self.lines {
            self.add_line(&mut svg, top, line);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The same as a file of its own.
    pub(super) fn file(&self) -> String {
        let svg = self.draw();
        match svg.split_once('\n') {
            Some((head, rest)) => format!("{head}\n<style>\n{STYLE}</style>\n{rest}"),
            None => svg,
        }
    }

    fn across(&self, x: f64) -> f64 {
        LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT)
    }

    fn down(&self, top: f64, y: f64) -> f64 {
        top + (1.0 - self.y.place(y)) * PLOT_HEIGHT
    }

    fn add_names(&self, svg: &mut String, top: f64) {
        for (row, line) in self.lines.iter().enumerate() {
            let (middle, base) = (ROW * row as f64 + 10.0, ROW * row as f64 + 15.0);
            let (class, name) = (line.class(), escape(&line.name));
            _ = writeln!(svg, "<path class=\"{class}\" d=\"M{LEFT} {middle}h24\"/>");
            _ = writeln!(svg, "<text class=\"name\" x=\"{}\" y=\"{base}\">{name}</text>", LEFT + 32.0);
        }
        let name = escape(self.y_name);
        _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>",
            LEFT - 8.0,
            top - 14.0
        );
    }

    fn add_axes(&self, svg: &mut String, top: f64) {
        let (right, bottom) = (WIDTH - RIGHT, top + PLOT_HEIGHT);
        for tick in self.y.ticks() {
            let y = self.down(top, tick);
            _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>");
            let label = escape(&(self.y_label)(tick));
            _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.5
            );
        }
        for tick in self.x.ticks() {
            let x = self.across(tick);
            _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>");
            let label = escape(&(self.x_label)(tick));
            _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                bottom + 18.0
            );
        }
        _ = writeln!(svg, "<path class=\"axis\" d=\"M{LEFT} {bottom}H{right}\"/>");
        let (middle, name) = (f64::midpoint(LEFT, right), escape(self.x_name));
        _ = writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
            bottom + 38.0
        );
    }

    fn add_line(&self, svg: &mut String, top: f64, line: &Line<'_>) {
        let mut path = String::new();
        let mut marks = String::new();
        for &(x, y) in line.points {
            if !self.x.shows(x) || !self.y.shows(y) {
                continue;
            }
            let (across, down) = (self.across(x), self.down(top, y));
            _ = write!(path, "{}{across:.1} {down:.1}", if path.is_empty() { 'M' } else { 'L' });
            if line.marks {
                let title = escape(&format!("{}: {}", (self.x_label)(x), (self.y_label)(y)));
                _ = writeln!(
                    marks,
                    "<circle class=\"c{}\" cx=\"{across:.1}\" cy=\"{down:.1}\" r=\"3\"><title>{title}</title></circle>",
                    line.colour % COLOURS
                );
            }
        }
        _ = writeln!(svg, "<path class=\"{}\" d=\"{path}\"/>\n{}", line.class(), marks.trim_end());
    }
}

impl Line<'_> {
    fn class(&self) -> String {
        format!("line c{}{}", self.colour % COLOURS, if self.is_floor { " floor" } else { "" })
    }
}
