//! Listening, and the threads that answer.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr, TcpListener},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use tiny_http::{Request, Server};

use crate::{ask::Ask, reply::reply, site::Site};

/// Ports that are tried after a taken one.
const MORE_PORTS: u16 = 20;

/// Why a server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// All ports are taken.
    #[error("port {0} and the {MORE_PORTS} after it are taken: name another by --port")]
    Taken(u16),
    /// An address or a port that this machine or this user does not have.
    #[error("cannot listen on {0}: {1}. Name another address or another port.")]
    Listen(SocketAddr, io::Error),
    /// The listening itself broke down.
    #[error("the server takes no more requests: {0}. Start it again.")]
    Ended(io::Error),
}

/// A server that answers in threads of its own, as long as the process lives.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub at: SocketAddr,
    broken: Receiver<io::Error>,
}

impl Serving {
    /// Waits for so long.
    ///
    /// # Errors
    /// [`Error::Ended`] as soon as no more requests are taken.
    pub fn wait(&self, time: Duration) -> Result<(), Error> {
        match self.broken.recv_timeout(time) {
            Ok(error) => Err(Error::Ended(error)),
            Err(_) => Ok(()),
        }
    }
}

/// Serves a site from now on, at an address of this machine and a port, or the next that is free.
///
/// # Errors
/// Where it cannot listen there.
pub fn start(site: impl Site, address: IpAddr, port: u16) -> Result<Serving, Error> {
    let listener = listen(address, port)?;
    let failed = |error| Error::Listen(SocketAddr::new(address, port), error);
    let at = listener.local_addr().map_err(failed)?;
    let server =
        Server::from_listener(listener, None).map_err(|error| failed(io::Error::other(error)))?;
    let (tell, broken) = mpsc::channel();
    let site = Arc::new(site);
    thread::spawn(move || {
        let _ = tell.send(answer_all(&server, &site, address));
    });
    Ok(Serving { at, broken })
}

/// Answers until no more requests are taken, and returns why. Each has a thread of its own: who
/// sends or takes bytes slowly, or not at all, keeps nobody else waiting.
fn answer_all<S: Site>(server: &Server, site: &Arc<S>, listening: IpAddr) -> io::Error {
    loop {
        match server.recv() {
            Ok(request) => {
                let site = Arc::clone(site);
                // Who went away gets nothing; the others go on.
                let work = move || drop(answer(request, &*site, listening));
                // Where there is no room for a thread, the request is dropped, which is an answer.
                drop(thread::Builder::new().spawn(work));
            }
            Err(error) => return error,
        }
    }
}

fn answer(request: Request, site: &dyn Site, listening: IpAddr) -> io::Result<()> {
    let reply = reply(&Ask::of(&request), site, listening)?;
    request.respond(reply)
}

fn listen(address: IpAddr, first: u16) -> Result<TcpListener, Error> {
    for port in first..=first.saturating_add(MORE_PORTS) {
        match TcpListener::bind((address, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            found => {
                return found.map_err(|error| Error::Listen(SocketAddr::new(address, port), error));
            }
        }
    }
    Err(Error::Taken(first))
}
