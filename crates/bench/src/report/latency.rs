//! A distribution from single times.

use super::Latency;

/// Shares of all, in percent, that stand in the curve.
const CURVE: [f64; 10] = [0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0];

impl Latency {
    /// The distribution of these times, in microseconds, which are sorted on the way.
    pub fn of(name: &str, from_due_time: bool, micros: &mut [f64]) -> Self {
        micros.sort_unstable_by(f64::total_cmp);
        let at = |percent: f64| {
            let rank = (micros.len() as f64 * percent / 100.0).ceil() as usize;
            micros.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        Self {
            name: name.to_owned(),
            from_due_time,
            count: micros.len() as u64,
            min: at(0.0),
            p50: at(50.0),
            p90: at(90.0),
            p99: at(99.0),
            p999: at(99.9),
            max: at(100.0),
            curve: CURVE.map(|percent| (percent, at(percent))).into(),
        }
    }
}
