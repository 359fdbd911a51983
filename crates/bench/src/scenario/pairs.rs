//! One-to-one: many conversations of two, in which both send.

use serde_json::json;

use super::ScenarioError;
use super::load::{LoadOptions, figure, requests, run};
use crate::crowd::{clients, gather, prefix};
use crate::load::{Cast, Reader, Sender};
use crate::outside::Metrics;
use crate::report::Run;
use crate::target::Target;

/// Pairs.
#[derive(Debug, Clone)]
pub struct PairsOptions {
    /// How much, how fast.
    pub load: LoadOptions,
    /// How many.
    pub pairs: usize,
}

/// Sends between pairs, each in a room of its own. A message has two readers, for its sender reads it too.
pub async fn pairs(target: &Target, options: &PairsOptions) -> Result<Run, ScenarioError> {
    let PairsOptions { load, pairs } = options;
    let members = gather(&clients(target, 32, 1)?, &prefix("pair"), 2 * pairs, |index| index / 2).await?;
    let requests = requests(load.pace, members.len());
    let cast = Cast {
        conversations: members.iter().step_by(2).map(|member| (member.conversation, 0)).collect(),
        // First one of each pair, then the other.
        senders: (0..members.len())
            .map(|turn| (turn % pairs, turn / pairs))
            .map(|(pair, of)| Sender { reader: 2 * pair + of, conversation: pair as u32, requests })
            .collect(),
        readers: members
            .into_iter()
            .enumerate()
            .map(|(index, member)| Reader {
                session: member.session,
                after: Some(member.cursor),
                transport: load.transport,
                conversations: vec![(index / 2) as u32],
                checked: true,
            })
            .collect(),
    };
    let before = metrics(target).await?;
    let (mut run, _) = run("pairs", target, cast, load).await?;
    run.settings.insert("pairs".to_owned(), json!(pairs));
    if let Some((before, after)) = before.zip(metrics(target).await?) {
        let (batches, seconds) =
            (after.grown(&before, "store_batches"), after.grown(&before, "store_batch_seconds_sum"));
        if let (Some(deliveries), true) = (&run.deliveries, batches > 0.0) {
            run.figures.push(figure(
                "messages of a commit",
                deliveries.acknowledged as f64 / batches,
                "messages",
            ));
            run.figures.push(figure("commit", seconds * 1e6 / batches, "µs"));
        }
    }
    Ok(run)
}

async fn metrics(target: &Target) -> Result<Option<Metrics>, ScenarioError> {
    match target.admin {
        Some(admin) => Ok(Some(Metrics::read(admin).await?)),
        None => Ok(None),
    }
}
