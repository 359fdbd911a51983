//! What a delivery costs as a room grows.

use super::load::SERVER_CPU;
use super::{RoomOptions, ScenarioError, room};
use crate::report::{Run, Series};
use crate::target::Target;

/// Runs the scenario `room` with each of these numbers of readers. The figures are those of the last.
pub async fn room_curve(
    target: &Target,
    options: &RoomOptions,
    readers: &[usize],
) -> Result<Run, ScenarioError> {
    let mut curve = Series {
        name: SERVER_CPU.to_owned(),
        x: "readers".to_owned(),
        unit: "µs".to_owned(),
        points: Vec::new(),
        floor: Vec::new(),
    };
    let mut last = None;
    for &readers in readers {
        let run = room(target, &RoomOptions { readers, ..options.clone() }).await?;
        if let Some(figure) = run.figures.iter().find(|figure| figure.name == SERVER_CPU) {
            curve.points.push((readers as f64, figure.value));
            curve.floor.extend(figure.floor.as_ref().map(|floor| (readers as f64, floor.value)));
        }
        last = Some(run);
    }
    let Some(mut run) = last else {
        return Err(ScenarioError::Unfit("no number of readers is given".to_owned()));
    };
    run.series.push(curve);
    Ok(run)
}
