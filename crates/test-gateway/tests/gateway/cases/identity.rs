//! E9 and E10: the client's own ids of its messages.

use chinwag_protocol::Timestamp;
use serde_json::json;

use super::reader::{Reader, Transport};
use super::scene::scene;
use super::way::{Member, Way};

#[tokio::test]
async fn e9_a_client_id_again() {
    scene(async |server| {
        for first in Way::ALL {
            let mut mallory = Member::arrive(server, first).await;
            let id = uuid::Uuid::now_v7();
            let fields = |text: &str| format!(r#""client_id":"{id}","text":"{text}""#);
            let answer = mallory.send(&fields("xyzzy")).await;
            assert!(answer["seq"].is_u64(), "{first:?} {answer}");
            for again in Way::ALL {
                let mut same = mallory.by(again).await;
                // The same answer to the byte, and to another body a conflict that shows nothing of it.
                assert_eq!(same.send(&fields("xyzzy")).await, answer, "{first:?} {again:?}");
                let conflict = same.send(&fields("another xyzzy")).await;
                assert_eq!(conflict["code"], "client_id_reused", "{first:?} {again:?}");
                assert!(!conflict.to_string().contains("xyzzy"));
                // What is another's is no clash.
                let mut eve = Member::arrive(server, again).await;
                let hers = eve.send(&fields("xyzzy")).await;
                assert!(hers["seq"].is_u64() && hers["seq"] != answer["seq"], "{first:?} {again:?} {hers}");
            }
            let stored = mallory.messages().await;
            let mine = |message: &&serde_json::Value| {
                message["client_id"] == json!(id) && message["sender"]["id"] == mallory.account
            };
            assert_eq!(stored.iter().filter(mine).count(), 1, "{first:?}");
        }
    })
    .await;
}

/// A UUIDv7 of another year, in either direction.
fn id_of_year(years: i64, number: u16) -> uuid::Uuid {
    const YEAR_SECONDS: i64 = 31_556_952;
    let now = uuid::Uuid::now_v7().get_timestamp().unwrap().to_unix().0.cast_signed();
    let seconds = (now + years * YEAR_SECONDS).cast_unsigned();
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, u32::from(number));
    uuid::Uuid::new_v7(time)
}

#[tokio::test]
async fn e10_times_of_the_client() {
    scene(async |server| {
        for way in Way::ALL {
            let mut mallory = Member::arrive(server, way).await;
            let start = server.json(&mallory.token, "GET", "/v1/events", "").await.field("cursor");
            let mut sent = Vec::new();
            for (number, years) in [10, -10, 0, 9, -9].into_iter().enumerate() {
                let id = id_of_year(years, number as u16);
                let fields = format!(
                    r#""client_id":"{id}","text":"xyzzy","sent_at":"2036-01-01T00:00:00.000Z","timestamp":1,"date":"x""#
                );
                let answer = mallory.send(&fields).await;
                assert!(answer["seq"].is_u64(), "{way:?} {answer}");
                sent.push(json!(id));
            }
            let stored = mallory.messages().await;
            let stored = stored.iter().filter(|message| message["sender"]["id"] == mallory.account);
            let (ids, times): (Vec<_>, Vec<_>) = stored
                .map(|message| {
                    let time: Timestamp = serde_json::from_value(message["sent_at"].clone()).unwrap();
                    (message["client_id"].clone(), time)
                })
                .unzip();
            // In the order in which they came, and all of today.
            assert_eq!(ids, sent, "{way:?}");
            let now = uuid::Uuid::now_v7().get_timestamp().unwrap().to_unix().0.cast_signed() * 1_000;
            assert!(times.iter().all(|time| (now - time.as_millis()).abs() < 120_000), "{way:?} {times:?}");
            for transport in Transport::ALL {
                let mut reader = Reader::open(server, transport, &mallory.token, &start).await;
                for id in &sent {
                    assert_eq!(reader.record().await["client_id"], *id, "{way:?} {transport:?}");
                }
            }
        }
    })
    .await;
}
