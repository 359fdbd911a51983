//! Distributions of times in bounded memory.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::report::Latency;

/// The longest time that is told apart; a longer one counts as this.
const LONGEST: Duration = Duration::from_secs(3600);
/// Digits that are right.
const DIGITS: u8 = 3;
/// Steps of the curve from one halving of the rest to the next.
const CURVE_STEPS: u32 = 4;

/// A distribution of times, right to 3 digits, in some 300 KB.
#[derive(Debug, Clone)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS);
        Self(histogram.expect("these bounds are valid"))
    }
}

impl Times {
    /// Counts one.
    pub fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1));
    }

    /// Counts all of the other's.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// For a report; none if nothing was counted.
    pub fn latency(&self, name: &str, from_due_time: bool) -> Option<Latency> {
        if self.0.is_empty() {
            return None;
        }
        let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1_000.0;
        // Shares as they are: 99.9 / 100 is a little more than 0.999, and of a thousand times that is the greatest.
        let at = |share| microseconds(self.0.value_at_quantile(share));
        let mut curve: Vec<(f64, f64)> = self
            .0
            .iter_quantiles(CURVE_STEPS)
            .map(|point| (point.quantile_iterated_to() * 100.0, microseconds(point.value_iterated_to())))
            .collect();
        curve.dedup();
        Some(Latency {
            name: name.to_owned(),
            from_due_time,
            count: self.0.len(),
            min: microseconds(self.0.min()),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: microseconds(self.0.max()),
            curve,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_thousand_times() {
        let mut times = Times::default();
        for milliseconds in 1..=1_000 {
            times.record(Duration::from_millis(milliseconds));
        }
        let latency = times.latency("x", true).unwrap();
        assert_eq!((latency.count, latency.from_due_time), (1_000, true));
        for (value, milliseconds) in [
            (latency.min, 1.0),
            (latency.p50, 500.0),
            (latency.p90, 900.0),
            (latency.p99, 990.0),
            (latency.p999, 999.0),
            (latency.max, 1_000.0),
        ] {
            assert!((value / 1_000.0 / milliseconds - 1.0).abs() < 0.001, "{value} µs for {milliseconds} ms");
        }
        assert!(latency.curve.is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1));
        assert_eq!(latency.curve.last().map(|point| point.0), Some(100.0));
    }

    #[test]
    fn none_of_nothing_and_an_end_to_what_is_told_apart() {
        let mut times = Times::default();
        assert_eq!(times.latency("x", false), None);
        times.record(Duration::ZERO);
        times.record(Duration::MAX);
        let latency = times.latency("x", false).unwrap();
        assert_eq!(latency.min, 0.001);
        assert!((latency.max / 3.6e9 - 1.0).abs() < 0.001);
    }
}
