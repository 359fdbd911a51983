//! Reports are shown as they should be.

mod html;
mod json;
mod plot;
mod sample;
mod text;
