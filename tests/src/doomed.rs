//! A node that dies in the middle of what it is doing, with everything it had in memory.

use std::time::Duration;

use ssi_domain::MailboxId;
use ssi_sandbox::{GatePoint, GateRule};
use tokio::{runtime, sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    db::Database,
    given::{ANNA, Given},
    node::Node,
};

/// Nothing takes longer, or it will never come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a node, lets it act on Anna's mailbox, on a runtime of its own, and kills it at an outward call, counted from 1:
/// before it reaches the other side or once it had its effect. A node that ends before that call lives to its end.
pub async fn killed_at<F>(
    (database, given): (&Database, &Given),
    (call, point): (u64, GatePoint),
    act: impl FnOnce(Node, MailboxId) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send,
{
    let node = Node::start(database, given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let faults = given.sandbox.world().faults();
    let gate = faults.add_gate(GateRule::any(call, point));
    let (alive, dead) = oneshot::channel::<()>();
    let acting: JoinHandle<()> = runtime.spawn(async move {
        let _alive = alive;
        act(node, mailbox).await;
    });
    let reached = async {
        tokio::select! {
            () = faults.gate_reached(gate) => {}
            done = acting => done.expect("it does not fail before it is killed"),
        }
    };
    timeout(PATIENCE, reached)
        .await
        .unwrap_or_else(|_| panic!("call {call} never came and nothing ended"));
    runtime.shutdown_background();
    let gone = timeout(PATIENCE, dead).await;
    assert!(gone.is_ok(), "what was being done is dropped");
    faults.release_gate(gate);
}
