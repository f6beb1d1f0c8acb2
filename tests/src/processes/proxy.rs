//! Stands between the processes and AWS: passes requests on, notes what they do, and lets happen to them
//! what their process's plan and the dice say.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};

use super::execution::{Execution, Killed};
use super::faults::{Break, Fault, Kill, Service};
use super::region::Region;
use super::wire::{self, Message};

/// The longest that a request of a dead process is on its way, in microseconds.
const LATEST: u64 = 3_000_000;

/// Where AWS is.
#[derive(Debug, Clone, Copy)]
pub struct Servers {
    /// DynamoDB.
    pub dynamodb: SocketAddr,
    /// All the rest.
    pub others: SocketAddr,
}

/// Passes on what comes in, for ever.
pub async fn run(listener: TcpListener, region: Arc<Region>, servers: Servers) {
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let connection = Connection { region: region.clone(), servers, upstream: HashMap::new() };
        tokio::spawn(connection.serve(BufReader::new(stream)));
    }
}

struct Connection {
    region: Arc<Region>,
    servers: Servers,
    upstream: HashMap<SocketAddr, BufReader<TcpStream>>,
}

/// What goes back to the process.
enum Reply {
    Whole(Message),
    Half(Message),
    Nothing,
    Silence,
}

impl Connection {
    async fn serve(mut self, mut stream: BufReader<TcpStream>) {
        while let Some(request) = wire::read(&mut stream).await {
            let Some((execution, service, request)) = self.addressed(request) else { return };
            let fault = execution.fault(service);
            let reply = match self.pass(&execution, service, request, fault).await {
                Ok(reply) => reply,
                Err(_) => {
                    self.region.tally().unreachable += 1;
                    return;
                }
            };
            match reply {
                Reply::Whole(answer) => {
                    if wire::write(&mut stream, &answer.bytes()).await.is_err() {
                        return;
                    }
                }
                Reply::Half(answer) => {
                    let bytes = answer.bytes();
                    drop(wire::write(&mut stream, &bytes[..bytes.len() / 2]).await);
                }
                Reply::Silence => {
                    let ends = wire::wait_for_end(&mut stream);
                    return drop(tokio::time::timeout(self.region.silence, ends).await);
                }
                Reply::Nothing => return,
            }
            match fault {
                Some(Fault::Kill(kill @ (Kill::AfterAnswer | Kill::InAnswer))) => {
                    // The moment that it takes to read it, or less.
                    tokio::time::sleep(Duration::from_micros(execution.between(1, 3_000))).await;
                    return execution.kill(Killed::By(kill)).await;
                }
                Some(Fault::Break(Break::Truncated)) => return,
                _ => {}
            }
        }
    }

    /// Who asks whom, by the path; and the request as the server is to see it.
    fn addressed(&self, request: Message) -> Option<(Arc<Execution>, Service, Message)> {
        let path = request.path().strip_prefix('/')?.to_owned();
        let (execution, rest) = path.split_once('/')?;
        let execution = self.region.execution(execution.parse().ok()?)?;
        let (service, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (service, path) = match service {
            "dynamodb" => (Service::DynamoDb, format!("/{rest}")),
            "ses" => (Service::Ses, format!("/{rest}")),
            "s3" => (Service::S3, format!("/s3/{rest}")),
            "secrets" => (Service::Secrets, "/secrets".to_owned()),
            _ => return None,
        };
        Some((execution, service, request.to(&path)))
    }

    async fn pass(
        &mut self,
        execution: &Arc<Execution>,
        service: Service,
        request: Message,
        fault: Option<Fault>,
    ) -> io::Result<Reply> {
        if let Some(Fault::Break(broken)) = fault {
            *self.region.tally().breaks.entry((service, broken)).or_default() += 1;
        }
        let noted = self.region.seen().asked(&self.region, execution.id, service, &request, fault);
        match fault {
            Some(Fault::Kill(kill @ Kill::BeforeRequest)) => {
                execution.kill(Killed::By(kill)).await;
            }
            Some(Fault::Kill(kill @ Kill::RequestLate)) => {
                self.region.late_one_leaves();
                execution.kill(Killed::By(kill)).await;
                tokio::time::sleep(Duration::from_micros(execution.between(1_000, LATEST))).await;
            }
            Some(Fault::Kill(kill @ Kill::DuringRequest)) => {
                let (execution, after) = (execution.clone(), execution.between(1, 2_000));
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(after)).await;
                    execution.kill(Killed::By(kill)).await;
                });
            }
            _ => {}
        }
        let answer = if fault.is_none_or(Fault::is_done) {
            let answer = self.ask(service, &request).await;
            if let (Ok(answer), Some(noted)) = (&answer, noted) {
                self.region.seen().answered(&self.region, noted, answer);
            }
            if fault == Some(Fault::Kill(Kill::RequestLate)) {
                self.region.late_one_arrives();
            }
            Some(answer?)
        } else {
            None
        };
        Ok(match (fault, answer) {
            (Some(Fault::Break(Break::FailedBefore | Break::FailedAfter)), _) => {
                Reply::Whole(failure(service))
            }
            (Some(Fault::Break(Break::SilentBefore | Break::SilentAfter)), _) => Reply::Silence,
            (Some(Fault::Break(Break::CutBefore | Break::CutAfter)), _) | (_, None) => {
                Reply::Nothing
            }
            (Some(Fault::Break(Break::Truncated) | Fault::Kill(Kill::InAnswer)), Some(answer)) => {
                Reply::Half(answer)
            }
            (Some(Fault::Kill(kill @ Kill::BeforeAnswer)), Some(_)) => {
                execution.kill(Killed::By(kill)).await;
                Reply::Nothing
            }
            (_, Some(answer)) => Reply::Whole(answer),
        })
    }

    /// Asks the server itself.
    async fn ask(&mut self, service: Service, request: &Message) -> io::Result<Message> {
        let server = match service {
            Service::DynamoDb => self.servers.dynamodb,
            _ => self.servers.others,
        };
        let mut upstream = match self.upstream.remove(&server) {
            Some(upstream) => upstream,
            None => {
                let stream = TcpStream::connect(server).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        wire::write(&mut upstream, &request.bytes()).await?;
        let answer = wire::read(&mut upstream).await.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.upstream.insert(server, upstream);
        Ok(answer)
    }
}

/// A server's own failure, in the words of its protocol.
fn failure(service: Service) -> Message {
    let kind = match service {
        Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#InternalServerError",
        Service::Ses => "InternalServiceErrorException",
        Service::S3 | Service::Secrets => "InternalServiceError",
    };
    let body = format!(r#"{{"__type":"{kind}","message":"Said by the proxy."}}"#);
    Message::json(500, &[("x-amzn-errortype", kind)], &body)
}
