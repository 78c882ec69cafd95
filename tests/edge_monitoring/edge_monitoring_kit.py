"""An edge with a zone, an AWS account beside it, and what the tests of the monitoring do with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import boto3
from botocore.config import Config

from launchready.edge.api import Limits
from launchready.edge.process import Edge, EdgeOptions, serve

DOMAIN = "acme.example"


@dataclass
class Scene:
    """A running edge and clients for it."""

    edge: Edge
    session: aiohttp.ClientSession
    zone: str = ""
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        return self.edge.document()

    def aws(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.document["aws"],
                region_name="us-east-1",
                aws_access_key_id="edge",
                aws_secret_access_key="edge",
                config=Config(retries={"max_attempts": 1}),
            )
        return self.clients[service]

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """One AWS call, off the loop that also serves the edge."""
        return await asyncio.to_thread(lambda: getattr(self.aws(service), operation)(**arguments))

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.document['token']}"}
        url = f"{self.document['control']}/{path}"
        async with self.session.request(method, url, json=body, headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.document['token']}"}
        url = f"{self.document['api']}/{path}"
        async with self.session.request(method, url, json=body, headers=headers) as response:
            answer = await response.json()
            assert answer["success"], answer["errors"]
            return answer["result"]

    async def advance(self, seconds: float) -> None:
        await self.control("POST", "clock", {"advance": seconds})

    async def defect(self, kind: str, where: str = "*", **options: Any) -> None:
        await self.control("POST", "defects", {"kind": kind, "where": where, "options": options})

    async def mend(self) -> None:
        await self.control("DELETE", "defects")

    async def messages(self, **query: str) -> list[dict[str, Any]]:
        url = f"{self.document['sink']['http']}/messages"
        async with self.session.get(url, params=query) as response:
            found: list[dict[str, Any]] = await response.json()
            return found

    async def forget_messages(self) -> None:
        await self.session.delete(f"{self.document['sink']['http']}/messages")

    async def clear(self) -> None:
        """As empty as a new edge, but for its zone and the time."""
        await self.mend()
        await self.control("POST", "owners", {"confirm": True})
        if self.edge.aws._moto is not None:
            await self.session.post(f"{self.document['aws']}/moto-api/reset")
        await self.control("POST", "origin/203.0.113.10", {"pages": {}})
        for check in await self.api("GET", f"zones/{self.zone}/healthchecks"):
            await self.api("DELETE", f"zones/{self.zone}/healthchecks/{check['id']}")
        self.edge.state.account["policies"] = {}
        await self.forget_messages()

    # --- what the provisioning makes ---------------------------------------------------------

    async def health_check(self, path: str = "/", **config: Any) -> str:
        given = {
            "Type": "HTTPS",
            "FullyQualifiedDomainName": DOMAIN,
            "Port": 443,
            "ResourcePath": path,
            "RequestInterval": 10,
            "FailureThreshold": 3,
            "EnableSNI": True,
            **config,
        }
        kept = {key: value for key, value in given.items() if value is not None}
        made = await self.call(
            "route53", "create_health_check", CallerReference=f"{path}{len(kept)}", HealthCheckConfig=kept
        )
        return str(made["HealthCheck"]["Id"])

    async def topic(self, *owners: tuple[str, str]) -> str:
        """A topic with subscriptions, (protocol, endpoint) each."""
        arn = str((await self.call("sns", "create_topic", Name="acme-owners"))["TopicArn"])
        for protocol, endpoint in owners:
            await self.call("sns", "subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
        return arn

    async def alarm(self, check: str, topic: str | None, name: str = "acme-home", **more: Any) -> None:
        actions = [topic] if topic else []
        given = {
            "AlarmName": name,
            "AlarmDescription": "the home page is down",
            "Namespace": "AWS/Route53",
            "MetricName": "HealthCheckStatus",
            "Dimensions": [{"Name": "HealthCheckId", "Value": check}],
            "Statistic": "Minimum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
            "AlarmActions": actions,
            "OKActions": actions,
            **more,
        }
        await self.call("cloudwatch", "put_metric_alarm", **given)

    async def state(self, name: str = "acme-home") -> str:
        found = await self.call("cloudwatch", "describe_alarms", AlarmNames=[name])
        return str(found["MetricAlarms"][0]["StateValue"])


@asynccontextmanager
async def scene(directory: Path, *, plan: str = "free", records: bool = True) -> AsyncIterator[Scene]:
    """An edge in this process, with ``acme.example`` proxied."""
    limits = Limits(requests=0, per_second=0)
    edge = await serve(EdgeOptions(dir=directory, plan=plan, limits=limits))
    try:
        async with aiohttp.ClientSession() as session:
            stage = Scene(edge, session)
            if records:
                account = stage.document["account"]
                made = await stage.api("POST", "zones", {"name": DOMAIN, "account": {"id": account}})
                stage.zone = made["id"]
                await stage.api("PATCH", f"zones/{stage.zone}/settings/ssl", {"value": "strict"})
                for kind, name, content, proxied in (
                    ("A", DOMAIN, "203.0.113.10", True),
                    ("A", f"direct.{DOMAIN}", "203.0.113.20", False),
                ):
                    record = {"type": kind, "name": name, "content": content, "proxied": proxied, "ttl": 1}
                    await stage.api("POST", f"zones/{stage.zone}/dns_records", record)
            yield stage
    finally:
        await edge.close()
