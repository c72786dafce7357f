//! By which names a server may be called.
//!
//! A page of another site can have its own name lead to this machine (DNS rebinding), and would
//! then read what is served here as its own. Its requests carry that name, and are refused.

use std::net::{IpAddr, SocketAddr};

/// Whether a request that names this host is meant for a server that listens here.
pub(crate) fn is_allowed(host: &str, listening: IpAddr) -> bool {
    match number(host) {
        // A number is no name that could be led here. Who listens everywhere has many.
        Some(host) => host.is_loopback() || listening.is_unspecified() || host == listening,
        None => without_port(host).is_some_and(|name| name.eq_ignore_ascii_case("localhost")),
    }
}

/// A host that is given as a number, with a port or without.
fn number(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let found = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => match host.parse::<SocketAddr>() {
            Ok(found) => found.ip(),
            Err(_) => IpAddr::V4(host.parse().ok()?),
        },
    };
    Some(found.to_canonical())
}

/// A host's name. Its port is not looked at: who forwards one to here may have chosen another.
fn without_port(host: &str) -> Option<&str> {
    match host.split_once(':') {
        Some((name, port)) => port.parse::<u16>().ok().map(|_| name),
        None => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn names_of_this_machine_are_allowed() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost",
            "LocalHost:80",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(is_allowed(host, HERE), "{host}");
        }
    }

    #[test]
    fn all_other_names_are_not() {
        for host in [
            "",
            "example.org",
            "example.org:8080",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "127.0.0.1@example.org",
            "localhost:80:80",
            "localhost:http",
            "192.168.0.2",
            "[::1",
            "[127.0.0.1]",
            "0.0.0.0",
        ] {
            assert!(!is_allowed(host, HERE), "{host}");
        }
    }

    #[test]
    fn the_given_address_is_allowed_and_all_numbers_where_it_is_every_one()
    -> Result<(), std::net::AddrParseError> {
        let given: IpAddr = "192.168.0.2".parse()?;
        assert!(is_allowed("192.168.0.2:8080", given));
        assert!(!is_allowed("192.168.0.3:8080", given));
        let all: IpAddr = "0.0.0.0".parse()?;
        assert!(is_allowed("192.168.0.3:8080", all));
        assert!(!is_allowed("example.org", all));
        Ok(())
    }
}
