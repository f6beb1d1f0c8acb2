//! The OpenAPI document: what all routes have in common, put around what each says of itself.
//!
//! A test writes the document into a file, and the file is what is served. So no function calls
//! anything here, the linker leaves it and the schemas of all types out, and a cold start pays
//! nothing for them.
//!
//! A handler states its path, its scope, its body, its answers below 300 and the refusals of its
//! own (409, 429). What follows from that, [`complete`] adds: headers, and the problems that every
//! request of that shape can meet.

mod params;
mod problems;
mod values;

use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, SchemaFormat, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, Info, License, Object, OpenApi, Ref, RefOr, Response, Schema, Tag, Type,
};

pub use params::{
    AccountOfPath, AskedHeaders, MailOfPath, NumberOfPath, PutHeaders, ReadingHeaders,
};
pub use problems::{ForeignCursor, OverLimit, StateRefused};

/// The name of the security scheme of signed requests.
pub const IAM: &str = "iam";
/// The name of the security scheme of tokens with scopes.
pub const JWT: &str = "jwt";

/// The document without a route.
#[must_use]
pub fn document() -> OpenApi {
    let mut info = Info::new("Escalation Desk", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Keeps the response-time promises of a customer-care organisation: takes escalations in, \
         runs the clocks, alerts the next people when a clock runs out."
            .to_owned(),
    );
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    let mut document = OpenApi::new(info, utoipa::openapi::Paths::new());
    document.tags = Some(
        [
            ("escalations", "What customers do."),
            ("incidents", "What care does, and what it reads."),
            ("accounts", "Customers' accounts and their account managers."),
            ("quarantine", "Mail that came in, and waits for a person to decide on it."),
            ("policy", "What the policy makes of a scenario."),
            ("figures", "How promises were kept."),
            ("desk", "About the desk itself, open to anybody."),
        ]
        .map(|(name, description)| {
            let mut tag = Tag::new(name);
            tag.description = Some(description.to_owned());
            tag
        })
        .into(),
    );
    let mut components = Components::new();
    components.add_security_scheme(IAM, signature());
    components.add_security_scheme(JWT, token());
    components.responses.extend(problems::components());
    document.components = Some(components);
    document
}

fn signature() -> SecurityScheme {
    let description = "AWS Signature Version 4 for the service execute-api. The caller's IAM \
                       policies say which routes it may call.";
    let mut value = ApiKeyValue::with_description("Authorization", description);
    let kind = [("x-amazon-apigateway-authtype", json!("awsSigv4"))];
    value.extensions = Some(kind.into_iter().collect::<Extensions>());
    SecurityScheme::ApiKey(ApiKey::Header(value))
}

fn token() -> SecurityScheme {
    let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    SecurityScheme::Http(
        http.description(Some(
            "A token of the issuer that the desk is set up for, where it is set up for one. Each \
             route names the scope that the token must carry.",
        ))
        .build(),
    )
}

/// Adds to each route what follows from its shape.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            complete_operation(path, operation);
        }
    }
    let Some(components) = &mut document.components else { return };
    problems::schemas(components);
    // They are stored as well as sent, and what is stored may come from a later version.
    for name in ["Customer", "AccountManager"] {
        if let Some(RefOr::T(Schema::Object(sent))) = components.schemas.get_mut(name) {
            sent.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

fn complete_operation(path: &str, operation: &mut Operation) {
    let parameters =
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        });
    let (mut headers, mut is_parsed) = (Vec::new(), false);
    for parameter in parameters {
        match parameter.parameter_in {
            ParameterIn::Header => headers.push(parameter.name.clone()),
            _ => is_parsed = true,
        }
    }
    let takes = |name: &str| headers.iter().any(|header| header == name);
    let mut problems = Vec::new();
    if operation.security.is_some() {
        problems.extend(["401", "403", "500", "503"]);
    }
    if operation.request_body.is_some() {
        problems.extend(["400", "413", "415"]);
    }
    if operation.request_body.is_some() || is_parsed || !headers.is_empty() {
        problems.push("422");
    }
    if path.contains("{number}") || path.contains("{id}") {
        problems.push("404");
    }
    if takes("If-Match") {
        problems.push("412");
    }
    if takes("If-None-Match") {
        let said = "The caller has this answer already.";
        let mut unchanged = Response::new(said);
        unchanged.headers.insert("ETag".to_owned(), etag().into());
        operation.responses.responses.insert("304".to_owned(), unchanged.into());
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let is_done = status.starts_with('2');
        let mut header = |name: &str, header: utoipa::openapi::Header| {
            response.headers.insert(name.to_owned(), header.into());
        };
        if is_done && (takes("If-Match") || takes("If-None-Match")) {
            header("ETag", etag());
        }
        if is_done && takes("Idempotency-Key") {
            header("Idempotency-Replayed", replayed());
        }
        if status == "201" {
            header(
                "Location",
                described("Where to read it.", SchemaFormat::Custom("uri-reference".to_owned())),
            );
        }
    }
    let responses = &mut operation.responses.responses;
    for status in problems {
        let reference = Ref::from_response_name(problems::component(status));
        responses.entry(status.to_owned()).or_insert(RefOr::Ref(reference));
    }
}

fn described(description: &str, format: SchemaFormat) -> utoipa::openapi::Header {
    let mut text = Object::with_type(SchemaType::Type(Type::String));
    text.format = Some(format);
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

fn etag() -> utoipa::openapi::Header {
    let mut text = Object::with_type(SchemaType::Type(Type::String));
    text.pattern = Some(r#"^"[!#-~]+"$"#.to_owned());
    let said = "The version, such as `\"3\"`; where how far e-mails got is told too, \
                something follows it: `\"3-5f1c22ab40d1e9b3\"`. For `If-Match` both are the same.";
    HeaderBuilder::new().schema(Some(text)).description(Some(said)).build()
}

fn replayed() -> utoipa::openapi::Header {
    let mut text = Object::with_type(SchemaType::Type(Type::String));
    text.enum_values = Some(vec![json!("true")]);
    let said = "`true` when this request was answered before, and nothing was done now.";
    HeaderBuilder::new().schema(Some(text)).description(Some(said)).build()
}
