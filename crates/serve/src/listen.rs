//! Listening, and the threads that answer.

use std::{
    io::{self, ErrorKind, Read},
    net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    ask::How,
    places::Places,
    reply::{no_request, reply, too_long},
    request::{Head, read_head, with_ask},
    site::Site,
};

/// Ports that are tried after a taken one.
const MORE_PORTS: u16 = 20;
/// Connections at a time. A browser has six to a server; those above this number wait for a place.
const MOST_CONNECTIONS: usize = 512;
/// Time for a request to arrive.
const TO_ASK: Duration = Duration::from_secs(10);
/// Time in which some bytes of an answer have to be taken.
const TO_TAKE: Duration = Duration::from_secs(30);
/// Time in which the rest of a request is taken before its connection ends.
const TO_END: Duration = Duration::from_secs(1);
/// Time after which a connection that could not be taken is tried again.
const AGAIN: Duration = Duration::from_millis(50);

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
    let (tell, broken) = mpsc::channel();
    let site = Arc::new(site);
    thread::spawn(move || {
        let _ = tell.send(answer_all(&listener, &site, address));
    });
    Ok(Serving { at, broken })
}

/// Answers until no more requests are taken, and returns why. Each connection has a thread of its
/// own: who sends or takes bytes slowly, or not at all, keeps nobody else waiting.
fn answer_all<S: Site>(listener: &TcpListener, site: &Arc<S>, listening: IpAddr) -> io::Error {
    let places = Arc::new(Places::new(MOST_CONNECTIONS));
    loop {
        let place = places.take();
        match listener.accept() {
            Ok((stream, _)) => {
                let site = Arc::clone(site);
                let work = move || {
                    // Who went away gets nothing; the others go on.
                    let _ = answer(stream, &*site, listening);
                    drop(place);
                };
                // Where there is no room for a thread, the connection ends, which is an answer.
                drop(thread::Builder::new().spawn(work));
            }
            // Of this connection, or of this moment.
            Err(error) if is_passing(&error) => thread::sleep(AGAIN),
            Err(error) => return error,
        }
    }
}

/// Whether the next connection may be taken although this one was not: it broke off, or the process
/// has as many files open as it may have.
fn is_passing(error: &io::Error) -> bool {
    const TOO_MANY: [i32; 2] = [23, 24];
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    ) || cfg!(unix)
        && error
            .raw_os_error()
            .is_some_and(|code| TOO_MANY.contains(&code))
}

/// Answers one request, and ends the connection: to ask again costs nothing on one machine.
fn answer(mut stream: TcpStream, site: &dyn Site, listening: IpAddr) -> io::Result<()> {
    stream.set_write_timeout(Some(TO_TAKE))?;
    stream.set_nodelay(true)?;
    let (reply, with_body) = match read_head(&mut stream, Instant::now() + TO_ASK) {
        Head::None => return Ok(()),
        Head::TooLong => (too_long(), true),
        Head::Whole(head) => {
            let answered = with_ask(&head, |ask| {
                Ok::<_, io::Error>((reply(ask, site, listening)?, ask.how != How::Head))
            });
            answered.unwrap_or_else(|| Ok((no_request(), true)))?
        }
    };
    reply.write(&mut stream, with_body)?;
    end(stream)
}

/// Ends a connection so that what was written arrives: the rest of a request that nobody reads would
/// have the system throw the answer away.
fn end(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + TO_END;
    let mut piece = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        if stream.read(&mut piece)? == 0 {
            return Ok(());
        }
    }
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
