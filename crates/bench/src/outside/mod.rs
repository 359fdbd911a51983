//! What a server uses, read from outside it: from the kernel, and from the metrics that it tells.

mod kernel;
mod machine;
mod metrics;
mod process;

pub use kernel::KernelMemory;
pub use machine::{cores_text, describe_machine};
pub use metrics::{Metrics, MetricsError};
pub use process::{Process, Switches};
