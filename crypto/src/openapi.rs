//! How the types that travel in JSON are described in an OpenAPI document.

use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Suite;
use crate::certificate::Organisation;
use crate::digest::Digest;

/// How the signature of a kept act is described, which has a name of its own in
/// the document: it is an [`crate::act::ActSignature`] all the same.
pub(crate) struct Signature;

impl PartialSchema for Signature {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some(
                "A detached signature and the certificates that go with it.",
            ))
            .property(
                "algorithm",
                text().description(Some(
                    "\"rsa-pkcs1-sha256\", \"rsa-pss-sha256\", \"ecdsa-p256-sha256\", \"ed25519\" or \"sm2-sm3\".",
                )),
            )
            .required("algorithm")
            .property("value", text().description(Some("Standard base64.")))
            .required("value")
            .property(
                "chain",
                ArrayBuilder::new().items(text()).description(Some(
                    "Standard base64 of DER, the leaf first; empty for a custodian's agent.",
                )),
            )
            .required("chain")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for Signature {}

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

impl PartialSchema for Organisation {
    fn schema() -> RefOr<Schema> {
        text(
            "^[0-9A-HJ-NP-RTUWXY]{18}$",
            "A unified social credit code (统一社会信用代码).",
        )
    }
}

impl ToSchema for Organisation {}

impl PartialSchema for Suite {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["intl", "gm"]))
            .description(Some(
                "A suite of algorithms: \"intl\", or \"gm\" (SM2, SM3 and SM4). Left out: \"intl\".",
            ))
            .into()
    }
}

impl ToSchema for Suite {}
