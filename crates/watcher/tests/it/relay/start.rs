//! Clients that do not start.

use dormouse_watcher::relay::{ClientError, HandledIdsError};

use super::world::{QUICK, start};

#[tokio::test]
async fn a_seen_set_that_is_damaged_or_another_instances_is_an_error_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handled-ids.json");
    for damaged in [
        "",
        "{",
        r#"{"version":2,"instance":"me","store":"s"}"#,
        r#"{"version":2,"instance":"me","mark":1}"#,
        r#"{"version":1,"instance":"me","mark":1}"#,
        r#"{"version":2,"instance":"me","store":"s","mark":-1}"#,
    ] {
        std::fs::write(&file, damaged).unwrap();
        let error = start("ws://127.0.0.1:9/v1/relay", Some(file.clone()), QUICK).unwrap_err();
        assert!(
            matches!(error, ClientError::HandledIds(HandledIdsError::Damaged { .. })),
            "{damaged}: {error}"
        );
        let text = error.to_string();
        assert!(text.contains("handled-ids.json") && text.contains("remove it"), "{text}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged, "left as it was");
    }
    std::fs::write(&file, r#"{"version":2,"instance":"you","store":"s","mark":1}"#).unwrap();
    let error = start("ws://127.0.0.1:9/v1/relay", Some(file), QUICK).unwrap_err();
    assert!(matches!(error, ClientError::HandledIds(HandledIdsError::OtherInstance { .. })), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_an_error_at_start() {
    for (url, what) in [
        ("http://connector.example/v1/relay", "use ws:// or wss://"),
        ("ws://me:hunter2@connector.example/v1/relay", "remove them"),
    ] {
        let text = start(url, None, QUICK).unwrap_err().to_string();
        assert!(text.contains(what) && !text.contains("hunter2"), "{text}");
    }
    let text = start("ws://127.0.0.1:9/", None, QUICK.with_keepalive_ms(0)).unwrap_err().to_string();
    assert!(text.contains("keepalive_ms is 0 ms"), "{text}");
}
