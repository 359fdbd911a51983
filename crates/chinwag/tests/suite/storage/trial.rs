//! What must hold whenever the disk fails, whatever the failure.

use std::path::Path;

use chinwag_client::Protocol;
use chinwag_protocol::Code;
use http::StatusCode;

use crate::program::Program;
use crate::server::within;
use crate::storage::talk::{Talk, until};

/// Lets people talk, lets the disk fail, and mends it: nothing is acknowledged meanwhile, everything can be read,
/// readiness says why, and what was refused is stored under the same `client_id` when the disk is well again, without a
/// restart. After a kill, all of it is there.
pub(crate) async fn trial<Fault>(
    data: &Path,
    reason: &str,
    begin: impl AsyncFnOnce(&Program) -> Fault,
    end: impl FnOnce(Fault),
) {
    let program = Program::start(data);
    let talk = Talk::begin(&program, "tea", 500).await;
    talk.goes_on(60).await;
    assert_eq!(program.admin("/ready").await.0, StatusCode::OK);
    assert_eq!(program.metric("chinwag_store_failing").await, 0);

    let fault = begin(&program).await;
    until("readiness says so", async || program.admin("/ready").await.0 != StatusCode::OK).await;
    let refused = talk.unavailable();
    until("sends are refused", async || talk.unavailable() >= refused + 60).await;
    let (status, body) = program.admin("/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains(reason), "{body}");
    // What the writer was at when it failed was answered before it said so, and has come by now.
    let acknowledged = talk.acknowledged();
    until("more sends are refused", async || talk.unavailable() >= refused + 120).await;
    assert_eq!(program.metric("chinwag_store_failing").await, 1);
    assert_eq!(program.admin("/live").await.0, StatusCode::OK);
    let guest = within("a guest", program.client(Protocol::Http1).guest("Bob")).await;
    assert_eq!(guest.expect_err("nothing can be stored").code(), Some(Code::Unavailable));
    talk.is_all_readable().await;
    assert_eq!(talk.acknowledged(), acknowledged);

    end(fault);
    talk.goes_on(60).await;
    assert_eq!(program.admin("/ready").await.0, StatusCode::OK);
    assert_eq!(program.metric("chinwag_store_failing").await, 0);
    assert!(program.metric("chinwag_store_repairs_total").await >= 1);
    let finished = talk.end().await;
    finished.is_kept_by(&program).await;
    program.kill();
    let program = Program::start(data);
    finished.is_kept_by(&program).await;
    program.stop();
    assert_eq!(finished.check().gaps, 0);
}
