"""Drift kinds of what watches a launch, and of where its variables are kept."""

from __future__ import annotations

from launchready.drift.kinds import Coarse, Kind, When, all_of, always, parts
from launchready.drift.types import Class, Difference, Risk

_CHANGED, _MISSING, _UNMANAGED = Class.CHANGED, Class.MISSING, Class.UNMANAGED
_OUTAGE, _SECURITY, _BENIGN = Risk.OUTAGE, Risk.SECURITY, Risk.BENIGN


def _kind(
    kind_id: str, area: str, presence: Class, risk: Risk, catches: str, why: str, when: When = always,
    kind: Coarse = "monitor",
) -> Kind:  # fmt: skip
    return Kind(kind_id, kind, area, presence, risk, catches, why, when)


def _secret(difference: Difference) -> bool:
    return bool(difference.fact("secret"))


def _in_clear(difference: Difference) -> bool:
    return "kept" in difference.what and _secret(difference)


def _unconfirmed(difference: Difference) -> bool:
    return "confirmed" in difference.what


def _variable(kind_id: str, presence: Class, risk: Risk, catches: str, why: str, when: When = always) -> Kind:
    return _kind(f"secret.{kind_id}", "variable", presence, risk, catches, why, when, "secret")


TABLE: tuple[Kind, ...] = (
    _kind("monitor.check.missing", "healthcheck", _MISSING, _OUTAGE, "a URL has no health check",
          "when it is down, nobody is told"),
    _kind("monitor.check.disabled", "healthcheck", _CHANGED, _OUTAGE, "a health check is disabled",
          "when the URL is down, nobody is told", parts("disabled")),
    _kind("monitor.check.inverted", "healthcheck", _CHANGED, _OUTAGE, "a health check is inverted",
          "it takes down for up: nobody is told, or everybody always", parts("inverted")),
    _kind("monitor.check.changed", "healthcheck", _CHANGED, _OUTAGE, "a health check looks otherwise",
          "it looks less often, later, elsewhere or for something else"),
    _kind("monitor.topic.missing", "topic", _MISSING, _OUTAGE, "the topic of the alarms is gone",
          "alarms tell nobody"),
    _kind("monitor.alarm.missing", "alarm", _MISSING, _OUTAGE, "an alarm is gone",
          "what it is about tells nobody"),
    _kind("monitor.alarm.silent", "alarm", _CHANGED, _OUTAGE, "an alarm's actions are off or lead elsewhere",
          "it goes off and nobody is told", parts("enabled", "actions", "missing_actions")),
    _kind("monitor.alarm.changed", "alarm", _CHANGED, _OUTAGE, "an alarm has another metric or threshold",
          "it goes off too late, or not at all"),
    _kind("monitor.alarm.added", "alarm", _UNMANAGED, _BENIGN, "an alarm under our names, declared nowhere",
          "it may wake people for nothing"),
    _kind("monitor.owner.missing", "subscription", _MISSING, _OUTAGE, "an owner is no longer subscribed",
          "they are not told when something is down"),
    _kind("monitor.owner.unconfirmed", "subscription", _CHANGED, _OUTAGE, "an owner has not confirmed",
          "they are not told when something is down", _unconfirmed),
    _kind("monitor.owner.added", "subscription", _UNMANAGED, _SECURITY, "somebody else is told, too",
          "they learn what is down and when"),
    _kind("monitor.slack.missing", "chat", _MISSING, _OUTAGE, "the way to Slack is gone",
          "alarms do not arrive there"),
    _kind("monitor.slack.changed", "chat", _CHANGED, _OUTAGE, "the way to Slack was edited or is off",
          "alarms do not arrive there, or not as they must"),
    _kind("monitor.edge.missing", "edgecheck", _MISSING, _OUTAGE, "a Cloudflare health check is gone",
          "when it is down, Cloudflare tells nobody"),
    _kind("monitor.edge.suspended", "edgecheck", _CHANGED, _OUTAGE, "a Cloudflare health check is suspended",
          "when it is down, Cloudflare tells nobody", parts("suspended")),
    _kind("monitor.edge.changed", "edgecheck", _CHANGED, _OUTAGE, "a Cloudflare health check looks otherwise",
          "it looks less often, elsewhere or for something else"),
    _kind("monitor.edge.added", "edgecheck", _UNMANAGED, _BENIGN, "a Cloudflare health check nobody declared",
          "it takes one of the plan's few places"),
    _kind("monitor.notification.missing", "policy", _MISSING, _OUTAGE, "Cloudflare's notification is gone",
          "its health checks tell nobody"),
    _kind("monitor.notification.changed", "policy", _CHANGED, _OUTAGE,
          "Cloudflare's notification is off or tells others",
          "its health checks tell the wrong people, or nobody"),
    _variable("missing", _MISSING, _OUTAGE, "a variable is gone",
              "the application does not start, or not as it must"),
    _variable("plain", _CHANGED, _SECURITY, "a secret is kept as plain text",
              "everybody who may read parameters reads it: it must be rotated, too", _in_clear),
    _variable("key", _CHANGED, _SECURITY, "a secret is encrypted with another key",
              "others may read it, or the application may not", all_of(_secret, parts("key", "kept"))),
    _variable("changed", _CHANGED, _SECURITY, "a secret's value was changed",
              "the application works with a secret that the client file does not have",
              all_of(_secret, parts("version"))),
    _variable("value.changed", _CHANGED, _OUTAGE, "a variable's value was changed",
              "the application works with a value that the client file does not have",
              parts("version", "kept")),
    _variable("note.changed", _CHANGED, _BENIGN, "a variable's description was edited",
              "nothing works differently", parts("description")),
    _variable("added", _UNMANAGED, _SECURITY, "something lies at the client's path that nobody declared",
              "the application may read it, and nobody will rotate it"),
    _kind("secret.kms.missing", "key", _MISSING, _OUTAGE, "the KMS key is gone",
          "what it encrypted can't be read again", kind="secret"),
    _kind("secret.kms.disabled", "key", _CHANGED, _OUTAGE, "the KMS key is off, or waits for its deletion",
          "the application can't read its secrets; once the key is deleted, nobody ever can", kind="secret"),
    _kind("aws.state", "state", _CHANGED, _BENIGN, "only the state has another monitor or variable",
          "live is as declared; the next launch would change it for nothing"),
    _kind("aws.lost", "state", _MISSING, _BENIGN, "a declared monitor or variable is not in the state",
          "live is as declared, and the launch does not know that it made it"),
)  # fmt: skip
