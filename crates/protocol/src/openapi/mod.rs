//! The OpenAPI document of the REST routes, which the server gives at `/v1/openapi.json`.

mod document;
mod groups;
mod markers;
mod marks;
mod operation;
mod presence;
mod programs;
mod routes;
mod schemas;
