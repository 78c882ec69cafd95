"""What runs inside a page: looking at it as a visitor would, and filling in its form."""

from __future__ import annotations

import json
from collections.abc import Mapping

LOOK = r"""
() => {
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none";
  };
  const name = (node) => {
    const own = node.getAttribute("name") || node.id || (node.textContent || "").trim().slice(0, 40);
    return `${node.tagName.toLowerCase()} ${own}`.trim();
  };
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(seen);
  const labelled = (node) => {
    const by = (node.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const words = [
      node.getAttribute("aria-label"), node.title,
      ...[...(node.labels || [])].map((label) => label.textContent),
      ...by.map((id) => document.getElementById(id)?.textContent),
    ];
    return ["submit", "button", "image"].includes(node.type) || words.some((text) => (text || "").trim());
  };
  const small = (node) => {
    const box = node.getBoundingClientRect();
    return box.width < 24 || box.height < 24;
  };
  const pressed = "button, input[type=submit], input[type=button]";
  const buttons = [...document.querySelectorAll(pressed)].filter(seen);
  const root = document.documentElement;
  return {
    title: document.title,
    language: root.lang,
    width: Math.max(root.scrollWidth, document.body ? document.body.scrollWidth : 0),
    fields: fields.length,
    unlabelled: fields.filter((node) => !labelled(node)).map(name).slice(0, 20),
    small: buttons.filter(small).map(name).slice(0, 20),
  };
}
"""
"""→ {"title", "language", "width" (CSS pixels that the page takes), "fields", "unlabelled", "small"}."""

SUBMIT = r"""
(values) => {
  const seen = (node) => node.getBoundingClientRect().height > 0;
  const forms = [...document.forms].filter((form) => seen(form) && [...form.elements].some(seen));
  const noText = ["submit", "button", "image", "file", "reset", "hidden", "checkbox", "radio"];
  const holds = ["INPUT", "SELECT", "TEXTAREA"];
  const isField = (node) => holds.includes(node.tagName) && !noText.includes(node.type);
  const empty = (form) => [...form.elements].some((node) => seen(node) && isField(node) && !node.value);
  const wanted = forms.find(empty) || forms[0];
  if (!wanted) return false;
  const hint = (node) => [node.name, node.id, node.autocomplete, node.type].join(" ").toLowerCase();
  const valueOf = (node) => {
    const text = hint(node);
    if (node.type === "password") return values.password;
    if (/one-time|otp|totp|\bcode\b/.test(text)) return values.totp;
    if (node.type === "email" || /mail|user|login/.test(text)) return values.user;
    if (node.type === "number" || node.inputMode === "numeric") return node.min || "3";
    if (node.type === "tel") return "+14155550100";
    if (node.type === "url") return "https://www.example.com/";
    if (node.type === "date") return "2026-01-31";
    return values.text;
  };
  for (const node of wanted.elements) {
    if (!seen(node) || node.disabled || node.readOnly) continue;
    if (node.type === "checkbox" || node.type === "radio") {
      if (node.required && !node.checked) node.click();
      continue;
    }
    if (!isField(node)) continue;
    if (node.tagName === "SELECT") {
      const choice = [...node.options].find((option) => option.value && !option.disabled);
      if (choice) node.value = choice.value;
    } else {
      const place = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(node), "value");
      place.set.call(node, valueOf(node) || "");
    }
    for (const kind of ["input", "change"]) node.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  const sends = (node) => node.type === "submit" || (node.tagName === "BUTTON" && node.type !== "button");
  const button = [...wanted.elements].find((node) => seen(node) && sends(node));
  if (button) button.click(); else wanted.requestSubmit();
  return true;
}
"""
"""(values: {"user", "password", "totp", "text"}) → whether a form was there to be filled in."""


def literal(values: Mapping[str, str]) -> str:
    """Values as JavaScript: JSON, whose two line separators scripts once could not hold."""
    return json.dumps(dict(values)).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
