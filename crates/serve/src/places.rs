//! How many there may be at a time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Places, each of which one has at a time.
#[derive(Debug)]
pub(crate) struct Places {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place that is somebody's until this is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
        }
    }

    /// Waits for a place.
    pub(crate) fn take(self: &Arc<Self>) -> Place {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Place(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let free = self.0.free.lock();
        *free.unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn who_comes_when_all_places_are_taken_waits_for_one() {
        let places = Arc::new(Places::new(2));
        let [first, _second] = [places.take(), places.take()];
        let (tell, told) = mpsc::channel();
        let waiting = Arc::clone(&places);
        let third = thread::spawn(move || tell.send(waiting.take()));
        assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
        drop(first);
        assert!(told.recv_timeout(Duration::from_secs(60)).is_ok());
        assert!(third.join().is_ok());
    }
}
