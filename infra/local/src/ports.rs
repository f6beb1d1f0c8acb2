//! Takes the ports, all of them before anything is started, on loopback only.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::options::Ports;

/// Why a port could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else has it.
    #[error(
        "port {port} for {part} is taken by another program; stop that, or choose another port \
         with {flag} (0 picks a free one)"
    )]
    Taken {
        /// The port.
        port: u16,
        /// For what.
        part: &'static str,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// The system does not give it.
    #[error("port {port} for {part} cannot be used; choose another with {flag}")]
    Refused {
        /// The port.
        port: u16,
        /// For what.
        part: &'static str,
        /// The flag that chooses another.
        flag: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

/// A port that was taken.
pub struct Taken {
    /// Connections wait here.
    pub listener: TcpListener,
    /// Its address.
    pub address: SocketAddr,
}

/// All that was taken.
pub struct TakenPorts {
    /// For the HTTP API.
    pub api: Taken,
    /// For DynamoDB.
    pub dynamodb: Taken,
    /// For the mailbox and the SES endpoint.
    pub mailbox: Taken,
}

impl Ports {
    /// Takes them.
    ///
    /// # Errors
    ///
    /// [`PortError`] for the first that cannot be had.
    pub async fn take(self) -> Result<TakenPorts, PortError> {
        Ok(TakenPorts {
            api: take(self.api, "the HTTP API", "--port").await?,
            dynamodb: take(self.dynamodb, "DynamoDB", "--dynamodb-port").await?,
            mailbox: take(self.mailbox, "the mailbox", "--mailbox-port").await?,
        })
    }
}

async fn take(port: u16, part: &'static str, flag: &'static str) -> Result<Taken, PortError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AddrInUse => PortError::Taken { port, part, flag },
        _ => PortError::Refused { port, part, flag, source },
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Taken { listener, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_an_error_that_names_it_and_the_flag() {
        let other = take(0, "another program", "--none").await.unwrap();
        let port = other.address.port();
        let ports = Ports { dynamodb: port, ..Ports::default() };
        let error = ports.take().await.err().unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "port {port} for DynamoDB is taken by another program; stop that, or choose \
                 another port with --dynamodb-port (0 picks a free one)"
            )
        );
    }
}
