//! Starts and stops all parts of the desk in one process.
//!
//! The handlers and clients are those that are deployed; they are told by the SDK's own variables
//! where DynamoDB and SES are. Nothing is started before everything is known to be right: policy,
//! data folder, ports.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dispatch_webhook::Poster;
use futures::FutureExt;
use receive_email::MailBucket;
use shared::aws::{Aws, connections_to_others};
use shared::clock::Clock;
use shared::config::{ConfigMistakes, Environment};
use shared::desk::Desk;
use shared::dispatch::Batch;
use shared::inbound::MailId;
use shared::links::{KeyRing, KeySource, LinkWriter, PublicUrl};
use shared::mailer::ses::{ConfigurationSet, SesMailer};
use shared::store::Store;
use shared::store::dynamodb::DynamoDbStore;
use shared::webhook::keys::{WebhookKeys, WrongKeys, written};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::data::{self, DataError, HeldData};
use crate::dynamodb::{EmbeddedDynamoDb, OpenError};
use crate::inbound::{self, Addresses, Inbound};
use crate::journal::JournalError;
use crate::keys::{self, KeysError};
use crate::mailbox::Mailbox;
use crate::mailbox::bounces::{self, Bounces};
use crate::mailbox::page::{self, Outcomes, Places, Shown};
use crate::options::Options;
use crate::ports::{PortError, Taken};
use crate::queue::{self, Queue, sqs, worker};
use crate::s3::{self, Objects};
use crate::schedule::Schedule;
use crate::ses::{Ses, events};
use crate::stream::pump;
use crate::table::{self, TABLE, TableError};
use crate::template::{Template, TemplateError};
use crate::{gateway, ses};

/// In the data folder: what webhooks are signed with.
pub const WEBHOOK_KEYS: &str = "webhook-keys.json";
/// The file of the keys of links in the data folder.
const LINK_KEYS: &str = "link-keys.json";
/// The queue of what SES received, before `receive-email`.
const INBOUND_QUEUE: &str = "inbound-mail";
/// The queue of what SES tells of e-mails, before `record-delivery`.
const EVENTS_QUEUE: &str = "ses-events";
const TELLS_AFTER: Duration = Duration::from_millis(300);
/// The configuration set without which SES tells nothing.
const CONFIGURATION_SET: &str = "local";

/// How long what is under way is given to end: requests, and e-mails being sent. Whatever has not
/// ended by then goes on after a restart with the same data, as after `kill -9`.
const GRACE: Duration = Duration::from_millis(300);
/// DynamoDB takes hours to delete what has expired; a minute is soon enough.
const EXPIRY_SWEEP: Duration = Duration::from_secs(60);

/// Why the desk did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Keys of its own.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The keys in the data folder.
    #[error("{WEBHOOK_KEYS} in the data folder: {0}")]
    WebhookKeys(#[from] WrongKeys),
    /// A port.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The embedded DynamoDB.
    #[error(transparent)]
    DynamoDb(#[from] OpenError),
    /// The mailbox, or another file of the data folder.
    #[error(transparent)]
    Kept(#[from] JournalError),
    /// The mailbox's page.
    #[error("the mailbox's page could not be written")]
    Page(#[from] askama::Error),
    /// The SDK's configuration.
    #[error(transparent)]
    Config(#[from] ConfigMistakes),
    /// The template of the stack.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// A desk that runs. [`Running::stop`] it: when it is only dropped, its parts go on.
pub struct Running {
    /// Where the HTTP API is.
    pub api: SocketAddr,
    /// Where DynamoDB is.
    pub dynamodb: SocketAddr,
    /// Where the mailbox and the SES endpoint are.
    pub mailbox: SocketAddr,
    /// The e-mails that were sent.
    pub mail: Mailbox,
    /// The clients that the handlers use.
    pub aws: Aws,
    /// How `check-deadlines` is fired.
    pub schedule: Schedule,
    /// What webhooks are signed with, as JSON; for whoever receives them here.
    pub webhook_keys: String,
    stop_requests: watch::Sender<bool>,
    stop_backends: watch::Sender<bool>,
    schedule_task: JoinHandle<()>,
    requests: Vec<JoinHandle<()>>,
    backends: Vec<JoinHandle<()>>,
    expiry: JoinHandle<()>,
    /// Dropped last: the files go, the folder is let go of.
    _database: EmbeddedDynamoDb,
    _data: Option<HeldData>,
}

/// Starts a desk.
///
/// # Errors
///
/// [`StartError`].
pub async fn start(options: Options) -> Result<Running, StartError> {
    let template = Template::shipped()?;
    let [emails, webhooks] = template.stream_filters_of(["dispatch-email", "dispatch-webhook"])?;
    let ports = options.ports.take().await?;
    let held = options.data.as_deref().map(data::hold).transpose()?;
    let (api, dynamodb, mailbox) =
        (ports.api.address, ports.dynamodb.address, ports.mailbox.address);
    let database = EmbeddedDynamoDb::open(options.data.as_deref())?;
    let Mail { mail, objects, bounces, received, told } = Mail::open(options.data.as_deref())?;
    let (link_source, public_url) = link_config(options.data.as_deref(), api)?;
    let webhook_keys = keys::kept(options.data.as_deref(), WEBHOOK_KEYS, |random| {
        serde_json::json!({ "key": written(random) }).to_string()
    })?;
    let signing = WebhookKeys::read(&webhook_keys)?;
    let clock = Clock::system();
    let addresses = Addresses::of(&options.policy);
    let incoming = Inbound {
        addresses: addresses.clone(),
        objects: objects.clone(),
        queue: received.clone(),
        mailbox: mail.clone(),
        clock: clock.clone(),
    };
    let endpoint = Ses {
        mailbox: mail.clone(),
        bounces: bounces.clone(),
        events: told.clone(),
        inbound: incoming.clone(),
        clock: clock.clone(),
    };
    let (configuration_set, bucket) = mail_config()?;
    let aws: Aws = Environment::read(&sdk_environment(dynamodb, mailbox))?;
    let secrets = aws.clone();
    let link_keys = KeyRing::new(link_source, move || secrets.secrets());
    let links = LinkWriter::new(link_keys.clone(), public_url);

    let (stop_backends, backends_stop) = watch::channel(false);
    let store = DynamoDbStore::new(aws.dynamodb(), TABLE);
    let outcomes = outcomes(store.clone());
    let shown = Shown { mailbox: mail.clone(), objects: objects.clone(), outcomes };
    let places = Places {
        api: &format!("http://{api}"),
        mailbox: &format!("http://{mailbox}"),
        addresses: addresses.as_ref(),
    };
    let inbox = ses::router(endpoint)
        .merge(page::router(shown, places)?)
        .merge(inbound::router(incoming))
        .merge(bounces::router(bounces))
        .merge(s3::router(objects));
    let backends = vec![
        tokio::spawn(database.serve(ports.dynamodb.listener, stopped(backends_stop.clone()))),
        tokio::spawn(serve(ports.mailbox, inbox, backends_stop)),
    ];
    let stream = match prepare_table(&aws, &database, &template).await {
        Ok(stream) => stream,
        Err(error) => {
            backends.iter().for_each(JoinHandle::abort);
            return Err(error);
        }
    };

    let schedule = Schedule::for_policy(&options.policy);
    let desk = Desk { store, policy: Arc::new(options.policy), clock: clock.clone() };
    let dispatch_email: pump::Invoke = {
        let function =
            (desk.clone(), SesMailer::new(aws.ses()).told_of_by(configuration_set), links);
        Arc::new(move |records| {
            let (desk, mailer, links) = function.clone();
            async move { Ok(dispatch_email::handle(&desk, &mailer, &links, Batch { records }).await) }
                .boxed()
        })
    };
    let dispatch_webhook: pump::Invoke = {
        // Reads the system's roots, which a machine without webhooks need not have.
        let poster = LazyLock::new(|| Poster::new(connections_to_others()));
        let function = Arc::new((desk.clone(), signing, poster));
        Arc::new(move |records| {
            let function = Arc::clone(&function);
            async move {
                let (desk, keys, poster) = &*function;
                Ok(dispatch_webhook::handle(desk, keys, poster, Batch { records }).await)
            }
            .boxed()
        })
    };
    let mappings = pump::Mappings {
        emails: pump::Mapping { filter: emails, invoke: dispatch_email },
        webhooks: pump::Mapping { filter: webhooks, invoke: dispatch_webhook },
    };
    let sweep = {
        let desk = desk.clone();
        move |event| {
            let desk = desk.clone();
            async move { Ok(check_deadlines::handle(&desk, event).await?) }
        }
    };
    let receive_email: sqs::Invoke = {
        let objects = receive_email::Objects::new(aws.s3(), bucket);
        let function = Arc::new((desk.clone(), link_keys.clone(), objects));
        Arc::new(move |event| {
            let function = Arc::clone(&function);
            async move {
                let (desk, keys, objects) = &*function;
                Ok(receive_email::handle(desk, keys, objects, event).await)
            }
            .boxed()
        })
    };
    let record_delivery: events::Invoke = {
        let desk = desk.clone();
        Arc::new(move |event| {
            let desk = desk.clone();
            async move { Ok(record_delivery::handle(&desk, event).await?) }.boxed()
        })
    };
    let receiving = sqs::mapping(INBOUND_QUEUE, receive_email);
    let recording = events::target(record_delivery);
    let (stop_requests, requests_stop) = watch::channel(false);
    let requests = vec![
        tokio::spawn(serve(ports.api, gateway::router(desk, link_keys), requests_stop.clone())),
        tokio::spawn(pump::run(stream, pump::Settings::default(), mappings, requests_stop.clone())),
        tokio::spawn(worker::run(
            received,
            worker::Settings::default(),
            receiving,
            requests_stop.clone(),
        )),
        tokio::spawn(worker::run(told, events::settings(), recording, requests_stop)),
    ];
    Ok(Running {
        api,
        dynamodb,
        mailbox,
        mail,
        aws,
        schedule,
        webhook_keys,
        stop_requests,
        stop_backends,
        schedule_task: tokio::spawn(schedule.run(clock, sweep)),
        requests,
        backends,
        expiry: tokio::spawn(expire(database.clone())),
        _database: database,
        _data: held,
    })
}

/// What is kept of mail, sent and received.
struct Mail {
    mail: Mailbox,
    objects: Objects,
    bounces: Bounces,
    received: Queue,
    told: Queue,
}

impl Mail {
    fn open(data: Option<&Path>) -> Result<Self, JournalError> {
        let settings = queue::Settings::default();
        // As in AWS, what SES tells of an e-mail comes after its answer to who sent it.
        let telling = queue::Settings { delay: TELLS_AFTER, ..settings };
        Ok(match data {
            Some(data) => Self {
                mail: Mailbox::open(data)?,
                objects: Objects::kept(data),
                bounces: Bounces::open(data)?,
                received: Queue::open(INBOUND_QUEUE, settings, data)?,
                told: Queue::open(EVENTS_QUEUE, telling, data)?,
            },
            None => Self {
                mail: Mailbox::default(),
                objects: Objects::passing(),
                bounces: Bounces::default(),
                received: Queue::passing(INBOUND_QUEUE, settings),
                told: Queue::passing(EVENTS_QUEUE, telling),
            },
        })
    }
}

async fn prepare_table(
    aws: &Aws,
    database: &EmbeddedDynamoDb,
    template: &Template,
) -> Result<crate::stream::source::StreamSource, StartError> {
    table::ensure(&aws.dynamodb(), template).await?;
    Ok(database.stream(TABLE)?)
}

/// The SDK's variables, of which nothing is taken from the real environment: this desk must never
/// reach an AWS account, whatever the shell it was started from is set up for.
fn sdk_environment(dynamodb: SocketAddr, mailbox: SocketAddr) -> impl Fn(&str) -> Option<String> {
    let variables = HashMap::from([
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{dynamodb}")),
        ("AWS_ENDPOINT_URL_SESV2", format!("http://{mailbox}")),
        ("AWS_ENDPOINT_URL_S3", format!("http://{mailbox}{}", s3::ENDPOINT)),
        // A service without an endpoint of its own here is refused, not looked for in AWS.
        ("AWS_ENDPOINT_URL", format!("http://{mailbox}")),
    ]);
    move |name| variables.get(name).cloned()
}

/// The variables of links: people reach this desk at its own port, and the keys are its own.
fn link_config(data: Option<&Path>, api: SocketAddr) -> Result<(KeySource, PublicUrl), StartError> {
    let keys = keys::kept(data, LINK_KEYS, |random| {
        let key: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        serde_json::json!({ "key_id": "local", "key": key }).to_string()
    })?;
    Ok(Environment::read(&move |name: &str| match name {
        "LINK_KEYS" => Some(keys.clone()),
        "PUBLIC_URL" => Some(format!("http://{api}")),
        _ => None,
    })?)
}

/// The variables of mail: where SES puts it, and that it tells what becomes of the desk's own.
fn mail_config() -> Result<(Option<ConfigurationSet>, MailBucket), ConfigMistakes> {
    Environment::read(&|name: &str| match name {
        "CONFIGURATION_SET" => Some(CONFIGURATION_SET.to_owned()),
        "MAIL_BUCKET" => Some(inbound::BUCKET.to_owned()),
        _ => None,
    })
}

/// What the desk wrote down of a mail; a store that does not answer has said nothing yet.
fn outcomes(store: DynamoDbStore) -> Outcomes {
    Arc::new(move |id| {
        let store = store.clone();
        async move {
            let record = store.load_mail(&MailId::try_from(id).ok()?).await.ok()??;
            Some(record.outcome.to_string())
        }
        .boxed()
    })
}

async fn serve(port: Taken, router: axum::Router, stop: watch::Receiver<bool>) {
    let served = axum::serve(port.listener, router).with_graceful_shutdown(stopped(stop)).await;
    if let Err(error) = served {
        tracing::error!(%error, address = %port.address, "a server stopped");
    }
}

/// Resolves when told to stop, and when nobody is left to tell.
async fn stopped(mut stop: watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

async fn expire(database: EmbeddedDynamoDb) {
    let mut sweeps = tokio::time::interval(EXPIRY_SWEEP);
    loop {
        sweeps.tick().await;
        database.sweep_expired().await;
    }
}

impl Running {
    /// Stops every part, within a second. Sweeps that sleep are not waited for: what they wait for
    /// is in the table.
    pub async fn stop(self) {
        self.schedule_task.abort();
        self.expiry.abort();
        self.stop_requests.send_replace(true);
        end(self.requests).await;
        // Last, for what was still under way needed them.
        self.stop_backends.send_replace(true);
        end(self.backends).await;
    }
}

async fn end(parts: Vec<JoinHandle<()>>) {
    let until = tokio::time::Instant::now() + GRACE;
    for mut part in parts {
        if tokio::time::timeout_at(until, &mut part).await.is_err() {
            part.abort();
        }
    }
}
