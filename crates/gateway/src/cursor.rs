//! Cursors that clients send.

use chinwag_hub::{After, OpenError};
use chinwag_protocol::{Code, Problem};

use crate::app::App;
use crate::refusal::store_problem;

/// Where a reader with this cursor stands.
pub(crate) async fn open(app: &App, cursor: &str) -> Result<After, Problem> {
    app.hub.open(cursor).await.map_err(|error| match error {
        OpenError::NotACursor => Problem::new(
            Code::InvalidCursor,
            "This is no cursor. Begin without one, or with the last that you were given.",
        ),
        OpenError::Unavailable(error) => store_problem(&error),
    })
}
