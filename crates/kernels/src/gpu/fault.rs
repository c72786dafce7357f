//! What goes wrong on a device: told as errors, never by ending the process.
//!
//! wgpu tells a mistake, or work for a lost device, to the error scope that it happens in.
//! Natively, outside of any, it panics; a browser writes it to its console.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use wgpu::{Device, ErrorFilter};

use crate::Error;

/// What will be known to have gone wrong, if anything.
pub(super) type Fault = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// The device's failure for this reason.
pub(super) fn failed(reason: String) -> Error {
    Error::Device { reason }
}

/// Does what gives a device new things or work. A native driver tells at once what went wrong; a
/// browser does later.
///
/// # Errors
/// What is known to have gone wrong.
pub(super) fn watched<T>(
    device: &Device,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<(T, Option<Fault>), Error> {
    let memory = device.push_error_scope(ErrorFilter::OutOfMemory);
    let validity = device.push_error_scope(ErrorFilter::Validation);
    let done = work();
    let (validity, memory) = (validity.pop(), memory.pop());
    let mut fault: Fault = Box::pin(async move {
        let fault = validity.await;
        let fault = fault.or(memory.await);
        fault.map(|error| error.to_string())
    });
    let known = fault.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    match (done?, known) {
        (_, Poll::Ready(Some(reason))) => Err(failed(reason)),
        (done, Poll::Ready(None)) => Ok((done, None)),
        (done, Poll::Pending) => Ok((done, Some(fault))),
    }
}

/// The same for what happens at every step and cannot go wrong but on a lost device; in a browser
/// the read behind it tells that.
///
/// # Errors
/// What went wrong.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn guarded<T>(device: &Device, work: impl FnOnce() -> T) -> Result<T, Error> {
    watched(device, || Ok(work())).map(|(done, _)| done)
}

/// The same for what happens at every step and cannot go wrong but on a lost device; in a browser
/// the read behind it tells that.
///
/// # Errors
/// None.
#[cfg(target_arch = "wasm32")]
pub(super) fn guarded<T>(_device: &Device, work: impl FnOnce() -> T) -> Result<T, Error> {
    Ok(work())
}
