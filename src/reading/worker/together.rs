//! Readers at work side by side: each has processes of its own, and reads one mail at a time.

use std::future::{Future, poll_fn};
use std::num::NonZero;
use std::pin::Pin;
use std::task::Poll;

/// How many readers work at the same time: one a processor, and not more than the memory of a small machine bears.
pub(crate) fn most_readers() -> usize {
    const MOST: usize = 4;
    let processors = std::thread::available_parallelism();
    processors.map_or(1, NonZero::get).min(MOST)
}

/// Awaits a few futures side by side, and gives what came of each, in their order.
pub(crate) async fn together<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Waits(Pin<Box<F>>),
        Done(F::Output),
    }
    let slots = futures.into_iter().map(|f| Slot::Waits(Box::pin(f)));
    let mut slots: Vec<Slot<F>> = slots.collect();
    poll_fn(|context| {
        let mut waits = false;
        for slot in &mut slots {
            if let Slot::Waits(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *slot = Slot::Done(output),
                    Poll::Pending => waits = true,
                }
            }
        }
        match waits {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    })
    .await;
    let outputs = slots.into_iter().filter_map(|slot| match slot {
        Slot::Done(output) => Some(output),
        Slot::Waits(_) => None,
    });
    outputs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test(flavor = "current_thread")]
    async fn each_goes_on_while_another_waits_and_all_come_in_their_order() {
        let (says, hears) = oneshot::channel();
        let mut says = Some(says);
        let mut hears = Some(hears);
        // The first waits for the second.
        let each = [0, 1].map(|n| {
            let (says, hears) = (says.take_if(|_| n == 1), hears.take_if(|_| n == 0));
            async move {
                if let Some(says) = says {
                    says.send(7).unwrap();
                }
                match hears {
                    Some(hears) => hears.await.unwrap(),
                    None => n,
                }
            }
        });
        assert_eq!(together(each).await, [7, 1]);
        assert!((1..=4).contains(&most_readers()));
    }
}
