//! What the server counts, as its admin listener tells it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use chinwag_client::{ClientError, ClientOptions, Http};
use http::{Request, StatusCode};

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why there are no metrics.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// They did not come.
    #[error("the server does not tell its metrics: {0}")]
    Client(#[from] ClientError),
    /// Something else came: that is not the admin listener.
    #[error("the server's metrics are not there: status {0}")]
    Status(StatusCode),
}

/// The server's counters at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    values: HashMap<String, f64>,
}

impl Metrics {
    /// Asks the admin listener.
    pub async fn read(admin: SocketAddr) -> Result<Self, MetricsError> {
        let http = Http::new(&format!("http://{admin}"), &ClientOptions::default())?;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = http::Uri::from_static("/metrics");
        let answer = http.call(request, TIMEOUT).await?;
        if answer.status() != StatusCode::OK {
            return Err(MetricsError::Status(answer.status()));
        }
        Ok(Self::parse(&String::from_utf8_lossy(answer.body())))
    }

    /// Takes the text apart: lines `name value` or `name{labels} value`; comments and whatever else is left out.
    pub fn parse(text: &str) -> Self {
        let values = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self { values: values.collect() }
    }

    /// The value of a name as it stands in the text without `chinwag_` and a counter's `_total`: `hub_writes`,
    /// `store_batches`, `store_batch_seconds_sum`. 0 if the server has none.
    pub fn value(&self, name: &str) -> f64 {
        let full = format!("chinwag_{name}");
        let value = self.values.get(&full).or_else(|| self.values.get(&format!("{full}_total")));
        value.copied().unwrap_or(0.0)
    }

    /// How much it has grown since `before`.
    pub fn grown(&self, before: &Self, name: &str) -> f64 {
        self.value(name) - before.value(name)
    }
}
