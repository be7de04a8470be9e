//! Versions of queues.

use super::*;
use crate::{ComponentKind, ComponentMeta, DeployError, Deployment, Queue};
use expect_test::expect;
use refrain_core::deployment::{Change, Refused};

pub(super) const OLD: Digest = Digest([1; 32]);
pub(super) const NEW: Digest = Digest([2; 32]);

pub(super) async fn shop(store: &Store) -> NamespaceId {
    let new = new_namespace("shop", 1);
    let shop = store.insert_namespace(new).await.unwrap().id;
    for digest in [OLD, NEW] {
        upload(store, shop, digest, 1).await;
    }
    shop
}

pub(super) async fn upload(store: &Store, namespace: NamespaceId, digest: Digest, at: u64) {
    let meta = ComponentMeta {
        digest,
        kind: ComponentKind::Workflow,
        name: "orders".to_owned(),
        size: 4,
        definition: "{}".to_owned(),
        created_at: s(at),
    };
    store.put_component(namespace, &meta, b"\0asm").await.unwrap();
}

pub(super) fn queue(namespace: NamespaceId, name: &str) -> Queue {
    Queue { namespace, task_queue: name.to_owned(), kind: ComponentKind::Workflow }
}

fn shown(all: &[Deployment]) -> String {
    let line = |it: &Deployment| {
        let current = if it.current { ", current" } else { "" };
        let ramp = it.ramp.map(|it| format!(", ramps {it}")).unwrap_or_default();
        let since = it.current_since.map(|it| format!(", since {}", it.0 / 1000));
        format!(
            "{} v{} {}, deployed {}{current}{ramp}{}\n",
            it.task_queue,
            it.version,
            it.digest.short(),
            it.deployed_at.0 / 1000,
            since.unwrap_or_default()
        )
    };
    all.iter().map(line).collect()
}

#[tokio::test]
async fn a_component_has_one_version_in_a_queue_however_often_it_comes_back() {
    let store = temporary().await;
    let shop = shop(&store).await;
    let change = async |name: &str, change, at| {
        store.change_deployment(&queue(shop, name), change, "orders", s(at)).await
    };
    change("a", Change::SetCurrent(OLD), 1).await.unwrap();
    change("a", Change::Ramp(NEW, "12.5".parse().unwrap()), 2).await.unwrap();
    expect![[r#"
        a v1 010101010101, deployed 1, current, since 1
        a v2 020202020202, deployed 2, ramps 12.5 %
    "#]]
    .assert_eq(&shown(&store.serving_deployments().await.unwrap()));
    change("a", Change::SetCurrent(NEW), 3).await.unwrap();
    change("b", Change::SetCurrent(NEW), 4).await.unwrap();
    let back = change("a", Change::Rollback, 5).await.unwrap();
    assert_eq!(store.deployments_of(&queue(shop, "a")).await.unwrap(), back);
    expect![[r#"
        a v2 020202020202, deployed 2, since 3
        a v1 010101010101, deployed 1, current, since 5
        b v1 020202020202, deployed 4, current, since 4
    "#]]
    .assert_eq(&shown(&store.list_deployments(shop).await.unwrap()));
    expect![[r#"
        a v1 010101010101, deployed 1, current, since 5
        b v1 020202020202, deployed 4, current, since 4
    "#]]
    .assert_eq(&shown(&store.serving_deployments().await.unwrap()));
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let store = temporary().await;
    let shop = shop(&store).await;
    let queue = queue(shop, "a");
    let unknown = Change::SetCurrent(Digest([3; 32]));
    let refused = store.change_deployment(&queue, unknown, "orders", s(1)).await.unwrap_err();
    assert!(matches!(refused, DeployError::UnknownComponent(Digest(it)) if it == [3; 32]));
    let refused = store.change_deployment(&queue, Change::Rollback, "", s(1)).await.unwrap_err();
    assert!(matches!(refused, DeployError::Refused(Refused::NothingEver)));
    assert_eq!(store.list_deployments(shop).await.unwrap(), []);
}
