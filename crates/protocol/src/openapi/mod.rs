//! The OpenAPI document of the REST routes, which the server gives at `/v1/openapi.json`.

mod document;
mod groups;
mod markers;
mod operation;
mod programs;
mod routes;
mod schemas;
