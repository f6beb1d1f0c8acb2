//! What a function's process finds in its environment: what `infra/template.yaml` gives it, what Lambda
//! gives every function, and where AWS is.

use std::net::SocketAddr;
use std::path::Path;

use escalation_desk::inbound::BUCKET;
use escalation_desk::table::TABLE;
use escalation_desk::template::Function;
use serde_json::{Value, json};

/// The configuration set without which SES tells nothing.
pub const CONFIGURATION_SET: &str = "desk";
/// Where links lead.
pub const PUBLIC_URL: &str = "https://desk.example.com";

/// The variables that the template gives a function, as they are once it is deployed.
///
/// # Panics
///
/// When the template gives it something of which nobody here knows what it becomes.
#[must_use]
pub fn given(function: &Function, policy: &Path) -> Vec<(String, String)> {
    let deployed = |value: &Value| match value {
        value if *value == json!({ "Ref": "Table" }) => TABLE.to_owned(),
        value if *value == json!({ "Ref": "MetricsNamespace" }) => "EscalationDesk".to_owned(),
        value if *value == json!({ "Ref": "ConfigurationSet" }) => CONFIGURATION_SET.to_owned(),
        value if *value == json!({ "Ref": "MailBucket" }) => BUCKET.to_owned(),
        value if *value == json!({ "Ref": "LinkKeys" }) => arn("secretsmanager", "secret:links"),
        value if *value == json!({ "Ref": "WebhookKeys" }) => arn("secretsmanager", "secret:hooks"),
        value if value["Fn::Sub"].as_str().is_some_and(|url| url.starts_with("https://${Api}")) => {
            PUBLIC_URL.to_owned()
        }
        // The layer is a file of this machine.
        Value::String(file) if file == "/opt/policy.toml" => policy.display().to_string(),
        other => panic!("infra/template.yaml gives a function {other}, of which nobody here knows"),
    };
    function.variables.iter().map(|(name, value)| (name.clone(), deployed(value))).collect()
}

/// What Lambda gives every function.
#[must_use]
pub fn of_lambda(function: &str) -> Vec<(String, String)> {
    let fixed = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
        ("TZ", ":UTC"),
    ];
    fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Where its process finds AWS: everything by way of the proxy, which knows by the path who asks.
#[must_use]
pub fn endpoints(
    runtime_api: SocketAddr,
    proxy: SocketAddr,
    execution: u64,
) -> Vec<(String, String)> {
    let at = |service: &str| format!("http://{proxy}/{execution}/{service}");
    vec![
        ("AWS_LAMBDA_RUNTIME_API".to_owned(), format!("http://{runtime_api}/{execution}")),
        ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), at("dynamodb")),
        ("AWS_ENDPOINT_URL_SESV2".to_owned(), at("ses")),
        ("AWS_ENDPOINT_URL_S3".to_owned(), at("s3/")),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), at("secrets")),
        // Whatever else it asks is refused, and not looked for in AWS.
        ("AWS_ENDPOINT_URL".to_owned(), at("nowhere")),
    ]
}

/// The name of a function as Lambda and API Gateway know it.
#[must_use]
pub fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:000000000000:{resource}")
}
