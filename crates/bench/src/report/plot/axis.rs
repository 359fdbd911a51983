//! Where a value stands on an axis, and which values are written there.

use std::ops::RangeInclusive;

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Each tenfold takes the same space.
    Log,
    /// Shares in percent, as latencies are read: 90, 99 and 99.9 are as far apart from each other.
    Percentile,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    /// Ends, in tenfolds.
    low: f64,
    high: f64,
}

/// The most decades whose 2 and 5 are written too.
const FINE_DECADES: f64 = 3.0;

/// Where an axis of shares ends at the latest: after 99.99999 %.
const NINES_MAX: f64 = 8.0;

/// Up to this end the half is written too.
const NINES_WITH_HALF: f64 = 4.0;

/// Ticks that an axis has at most, about.
const TICKS_MAX: i32 = 8;

impl Axis {
    /// A logarithmic axis on which all these values find a place; those that have no logarithm are left out.
    pub(super) fn log(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| has_logarithm(*value)) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        let (low, mut high) = (step_down(low), step_up(high));
        if high <= low {
            high = low * 10.0;
        }
        Self { scale: Scale::Log, low: low.log10(), high: high.log10() }
    }

    /// An axis of shares in percent from 0 on. Its end is 100, wherever the last of these shares is.
    pub(super) fn percentile(shares: impl IntoIterator<Item = f64>) -> Self {
        let last = shares.into_iter().filter(|share| *share < 100.0).fold(99.0, f64::max);
        // A little more than the nines, for those of 99.9 are not exact.
        let high = ((nines(last) + 1e-6).floor() + 1.0).min(NINES_MAX);
        Self { scale: Scale::Percentile, low: 0.0, high }
    }

    /// Whether it has a place.
    pub(super) fn shows(&self, value: f64) -> bool {
        match self.scale {
            Scale::Log => has_logarithm(value),
            Scale::Percentile => (0.0..=100.0).contains(&value),
        }
    }

    /// From 0, the axis's beginning, to 1, its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let tenfolds = match self.scale {
            Scale::Log => value.log10(),
            Scale::Percentile => nines(value),
        };
        ((tenfolds - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Values that are written, rising.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let whole = |range: RangeInclusive<f64>| range.start().ceil() as i32..=range.end().floor() as i32;
        match self.scale {
            Scale::Percentile => {
                // There is not always room for the half.
                let shares = [0.0, 50.0].into_iter().take(if self.high <= NINES_WITH_HALF { 2 } else { 1 });
                let nines = (1..self.high as i32).map(|tenfold| 100.0 - 100.0 / 10_f64.powi(tenfold));
                shares.chain(nines).chain([100.0]).collect()
            }
            Scale::Log => {
                let steps: &[f64] =
                    if self.high - self.low <= FINE_DECADES { &[1.0, 2.0, 5.0] } else { &[1.0] };
                let decades = whole(self.low - 1.0..=self.high + 1e-9);
                let every = (decades.end() - decades.start()) / TICKS_MAX + 1;
                decades
                    .filter(|decade| decade % every == 0)
                    .flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)))
                    .filter(|value| (self.low - 1e-9..=self.high + 1e-9).contains(&value.log10()))
                    .collect()
            }
        }
    }
}

fn has_logarithm(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// How many nines a share in percent has: 1 for 90, 2 for 99.
fn nines(share: f64) -> f64 {
    -((100.0 - share) / 100.0).log10()
}

/// The next of 1, 2, 5, 10, … that is not above the value.
fn step_down(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    let step = [5.0, 2.0, 1.0].into_iter().find(|step| step * decade <= value * (1.0 + 1e-9));
    step.unwrap_or(1.0) * decade
}

/// The next of 1, 2, 5, 10, … that is not below the value.
fn step_up(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * decade >= value * (1.0 - 1e-9));
    step.unwrap_or(10.0) * decade
}

/// A tick of a share: `99.9 %`.
pub(super) fn share_label(share: f64) -> String {
    if share == 0.0 { "0".to_owned() } else { format!("{} %", trimmed(share)) }
}

/// A tick of a value in this unit. Times have a unit of their own at each; others have `k`, `M` and `G` for thousands.
pub(super) fn label(value: f64, unit: &str) -> String {
    let (value, suffix) = match (unit, value) {
        ("µs", 1e6..) => (value / 1e6, " s"),
        ("µs", 1e3..) => (value / 1e3, " ms"),
        ("µs", _) => (value, " µs"),
        (_, 1e9..) => (value / 1e9, "G"),
        (_, 1e6..) => (value / 1e6, "M"),
        (_, 1e3..) => (value / 1e3, "k"),
        _ => (value, ""),
    };
    trimmed(value) + suffix
}

/// Without the errors of binary fractions.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.7}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
