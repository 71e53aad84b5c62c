//! How the types that travel in JSON are described in an OpenAPI document.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::certificate::{Organisation, OrganisationCode};
use crate::digest::Digest;

fn text(pattern: &str, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description))
        .into()
}

impl PartialSchema for Digest {
    fn schema() -> RefOr<Schema> {
        text("^[0-9a-f]{64}$", "A SHA-256 digest.")
    }
}

impl ToSchema for Digest {}

impl PartialSchema for OrganisationCode {
    fn schema() -> RefOr<Schema> {
        text(
            "^[0-9A-HJ-NP-RTUWXY]{18}$",
            "A unified social credit code (统一社会信用代码).",
        )
    }
}

impl ToSchema for OrganisationCode {}

impl PartialSchema for Organisation {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(
                "An organisation: the id of the authority that vouches for it, and its code.",
            ))
            .property("issuer", String::schema())
            .required("issuer")
            .property("code", OrganisationCode::schema())
            .required("code")
            .into()
    }
}

impl ToSchema for Organisation {}
