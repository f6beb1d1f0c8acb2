//! The connection under the real SDK, on which calls fail.
//!
//! Functions run in tokio's paused time, so that an SDK that waits 30 s for an answer costs none. The
//! embedded DynamoDB and the connections to it live in a runtime of their own, in real time: whoever
//! calls it stands still until it has answered, and no virtual time passes meanwhile. So each case
//! comes out the same each time.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use tokio::runtime::Handle;

use super::fault::{Fault, Service, throttled};
use super::plan::{Call, Late, Plan};

type Answered = Result<HttpResponse, ConnectorError>;

/// Whoever answers requests.
pub trait Server: std::fmt::Debug + Send + Sync {
    /// Does what is asked, and answers.
    fn answer(&self, request: HttpRequest) -> Answered;
}

/// Connections to a service, on which calls fail as planned.
#[derive(Debug, Clone)]
pub struct Wire {
    pub plan: Plan,
    pub service: Service,
    pub server: Arc<dyn Server>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(self.service, &request);
        let name = request.headers().get("amz-sdk-invocation-id").map(str::to_owned);
        let is_first =
            request.headers().get("amz-sdk-request").is_none_or(|n| n.contains("attempt=1"));
        let call = Call { service: self.service, operation };
        let lost = || ConnectorError::io("the connection ended without an answer".into());
        match self.plan.fault_of(call, name.as_deref()) {
            None => HttpConnectorFuture::ready(self.server.answer(request)),
            Some(Fault::Throttled | Fault::ThrottledOnce) => {
                HttpConnectorFuture::ready(Ok(throttled(self.service)))
            }
            Some(Fault::AnswerLost | Fault::AnswerLostOnce) => {
                drop(self.server.answer(request));
                HttpConnectorFuture::ready(Err(lost()))
            }
            Some(fault) => {
                if matches!(fault, Fault::CrashAfter | Fault::TimedOut) {
                    drop(self.server.answer(request));
                } else if fault == Fault::ArrivesLate && is_first {
                    self.plan.hold_up(Late { server: self.server.clone(), request });
                }
                if matches!(fault, Fault::CrashBefore | Fault::CrashAfter) {
                    self.plan.die();
                }
                HttpConnectorFuture::new(std::future::pending())
            }
        }
    }
}

/// What is asked, such as `GetItem`.
fn operation(service: Service, request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
    target.map_or_else(|| format!("{service:?}"), str::to_owned)
}

impl Wire {
    /// For a client of the SDK.
    pub fn client(self) -> SharedHttpClient {
        let wire = SharedHttpConnector::new(self);
        http_client_fn(move |_, _| wire.clone())
    }
}

/// The embedded DynamoDB behind the connections of production.
#[derive(Debug, Clone)]
pub struct OverHttp {
    plan: Plan,
    client: SharedHttpClient,
    runtime: Handle,
}

impl OverHttp {
    /// `client` makes connections, in `runtime`.
    pub fn new(plan: Plan, client: SharedHttpClient, runtime: Handle) -> Self {
        Self { plan, client, runtime }
    }
}

impl HttpClient for OverHttp {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        let server = Arc::new(Elsewhere { connector, runtime: self.runtime.clone() });
        let (plan, service) = (self.plan.clone(), Service::DynamoDb);
        SharedHttpConnector::new(Wire { plan, service, server })
    }
}

#[derive(Debug)]
struct Elsewhere {
    connector: SharedHttpConnector,
    runtime: Handle,
}

impl Server for Elsewhere {
    fn answer(&self, request: HttpRequest) -> Answered {
        let (say, hear) = sync_channel(1);
        let connector = self.connector.clone();
        self.runtime.spawn(async move {
            let answered = match connector.call(request).await {
                Ok(mut answer) => {
                    let body = std::mem::replace(answer.body_mut(), SdkBody::empty());
                    let body = body.collect().await.expect("a whole body").to_bytes();
                    *answer.body_mut() = SdkBody::from(body);
                    Ok(answer)
                }
                Err(error) => Err(error),
            };
            say.send(answered).expect("somebody waits");
        });
        hear.recv().expect("an answer")
    }
}
