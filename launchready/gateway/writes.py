"""One zone's record writes: gathered into batches, and answered one by one.

A batch is one transaction, so one bad operation fails all: the batch is halved until the culprits stand
alone and get the API's own answer, and everyone else succeeds. When a batch's answer is lost the zone is
read to see whether it took effect, so that nothing is written twice and nothing is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from launchready.gateway.answers import RECORD_EXISTS, RECORD_MISSING, Answer, accepted, refused
from launchready.gateway.operations import ORDER, PARTS, Operation, Record, batch
from launchready.gateway.upstream import Upstream, breath
from launchready.gateway.zone_reads import ReadFailedError, ZoneReads

_ABOUT_THE_CALL = frozenset({401, 403, 405, 408, 429})


@dataclass(frozen=True, slots=True)
class Gathering:
    """When a batch is sent: when no write came for a while, ``longest`` seconds after the first, or when
    it is full (operations a plan takes in one batch).

    The while is ``quiet`` seconds for each write that waits, up to ``patient``: one write is not held up,
    and the more have come the likelier it is that more will. Under the engine they come 5 to 30 ms apart,
    as long as the program has threads enough for all of them (measured with 200).
    """

    quiet: float = 0.05
    patient: float = 0.2
    longest: float = 4.0
    free: int = 200
    paid: int = 3500
    retries: int = 2
    """How often a batch that did not take effect is sent again."""
    retry_wait: float = 1.0


class ZoneWrites:
    """The writes of one zone under one authorisation, one batch at a time."""

    def __init__(
        self,
        zone_id: str,
        authorization: str,
        upstream: Upstream,
        reads: ZoneReads,
        gathering: Gathering,
        *,
        spawn: Callable[[Awaitable[None]], object],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._path = f"/zones/{zone_id}/dns_records"
        self._authorization = authorization
        self._upstream = upstream
        self._reads = reads
        self._gathering = gathering
        self._spawn = spawn
        self._sleep = sleep
        self._pending: list[Operation] = []
        self._came = asyncio.Event()
        self._busy = False
        self._limit: int | None = None

    async def submit(self, method: str, record_id: str, body: Record) -> Answer:
        """Write, with others that come about now; the answer is this write's own."""
        operation = Operation(method, record_id, body, asyncio.get_running_loop().create_future())
        self._pending.append(operation)
        self._came.set()
        if not self._busy:
            self._busy = True
            self._spawn(self._work())
        return await operation.answer

    async def _work(self) -> None:
        operations: list[Operation] = []
        try:
            while self._pending:
                await self._gather()
                operations = self._take(await self._most())
                await self._write(operations)
        finally:
            self._busy = False
            for operation in [*operations, *self._pending]:
                operation.resolve(refused(502, 502, "the gateway ended before the write was answered"))
            self._pending = []

    async def _gather(self) -> None:
        """Wait until nobody has come for a while, or long enough."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._gathering.longest
        while len(self._pending) < self._gathering.paid and loop.time() < end:
            self._came.clear()
            seen = len(self._pending)
            try:
                quiet = min(self._gathering.quiet * seen, self._gathering.patient)
                async with asyncio.timeout(min(quiet, end - loop.time())):
                    await self._came.wait()
            except TimeoutError:
                if len(self._pending) == seen:
                    return

    async def _most(self) -> int:
        """How many operations the zone's plan takes in one batch; asked only when it matters."""
        if len(self._pending) <= self._gathering.free:
            return self._gathering.free
        if self._limit is None:
            try:
                plan = (await self._reads.zone()).get("plan") or {}
            except ReadFailedError:
                return self._gathering.free
            free = plan.get("legacy_id", "free") == "free"
            self._limit = self._gathering.free if free else self._gathering.paid
        return self._limit

    def _take(self, most: int) -> list[Operation]:
        """The next operations, in the order in which a batch runs them; two on one record never together."""
        taken: list[Operation] = []
        left: list[Operation] = []
        touched: set[str] = set()
        for operation in self._pending:
            if len(taken) == most or (operation.record_id and operation.record_id in touched):
                left.append(operation)
            else:
                taken.append(operation)
            touched.add(operation.record_id)
        self._pending = left
        return sorted(taken, key=lambda operation: ORDER.index(operation.part))

    # ---- one batch ------------------------------------------------------------------------------

    async def _write(self, operations: list[Operation], *, refused_together: bool = False) -> bool:
        """Do them all and answer every caller; True when all of them were accepted.

        ``refused_together``: it is known already that they can't be accepted as one batch.
        """
        if len(operations) == 1:
            return await self._alone(operations[0])
        if not refused_together:
            answer = await self._send(operations)
            if answer is None:
                return True
            if answer.lost or _about_the_call(answer):
                for operation in operations:
                    operation.resolve(answer)
                return False
        middle = len(operations) // 2
        first = await self._write(operations[:middle])
        return await self._write(operations[middle:], refused_together=first) and first

    async def _send(self, operations: list[Operation]) -> Answer | None:
        """Send one batch; None when it was accepted (callers are answered), else the refusal."""
        document, answer = batch(operations), Answer(0)
        for attempt in range(self._gathering.retries + 1):
            await self._breathe(attempt, answer)
            self._upstream.stats.batches += 1
            answer = await self._call("POST", f"{self._path}/batch", document)
            if answer.ok:
                if _answered(operations, answer.document().get("result")):
                    self._upstream.stats.batched += len(operations)
                    return None
                answer = Answer(0, b"an answer that does not fit the batch")
            if not answer.lost:
                return answer
            for operation in operations:
                operation.lost = True
            took_effect = await self._took_effect(operations)
            if took_effect:
                return None
            if took_effect is None:
                break
        return _no_answer(answer)

    async def _alone(self, operation: Operation) -> bool:
        """One write as a call of its own, with the API's own answer."""
        path = f"{self._path}/{operation.record_id}" if operation.record_id else self._path
        body = None if operation.method == "DELETE" and not operation.body else operation.body
        answer = Answer(0)
        for attempt in range(self._gathering.retries + 1):
            await self._breathe(attempt, answer)
            answer = await self._call(operation.method, path, body)
            if not answer.lost:
                answer = await self._known_already(operation, answer)
                break
            operation.lost = True
            took_effect = await self._took_effect([operation])
            if took_effect:
                return True
            if took_effect is None:
                break
        operation.resolve(_no_answer(answer))
        return answer.ok

    async def _known_already(self, operation: Operation, answer: Answer) -> Answer:
        """A refusal of what an earlier try, whose answer was lost, had done is no refusal."""
        if not operation.lost or answer.ok:
            return answer
        if operation.method == "DELETE" and RECORD_MISSING in answer.codes():
            return accepted({"id": operation.record_id})
        if operation.method != "POST" or not answer.codes() & RECORD_EXISTS:
            return answer
        try:
            zone = str((await self._reads.zone()).get("name", ""))
            made = operation.made(await self._reads.records(), zone)
        except ReadFailedError:
            return answer
        if made is None:
            return answer
        self._upstream.stats.recovered += 1
        return accepted(made)

    async def _breathe(self, attempt: int, answer: Answer) -> None:
        if attempt:
            await self._sleep(breath(attempt - 1, self._gathering.retry_wait, answer))

    async def _call(self, method: str, path: str, document: Any) -> Answer:
        self._reads.forget()
        try:
            return await self._upstream.call_json(method, path, self._authorization, document)
        finally:
            self._reads.forget()

    async def _took_effect(self, operations: list[Operation]) -> bool | None:
        """Whether the zone shows every one of them; then all are answered from it. None: can't be told.

        A batch is a transaction: when one of its effects is missing, none is there.
        """
        try:
            zone = str((await self._reads.zone()).get("name", ""))
            records = await self._reads.records()
        except ReadFailedError:
            return None
        effects = [operation.effect(records, zone) for operation in operations]
        if any(effect is None for effect in effects):
            return False
        for operation, effect in zip(operations, effects, strict=True):
            operation.resolve(accepted(effect))
        self._upstream.stats.recovered += len(operations)
        return True


def _about_the_call(answer: Answer) -> bool:
    """Whether a refusal is about the caller or the zone, and not about one operation in the batch."""
    missing = answer.status == 404 and RECORD_MISSING not in answer.codes()
    return answer.status in _ABOUT_THE_CALL or missing


def _answered(operations: list[Operation], result: Any) -> bool:
    """Answer every caller from a batch's result, part by part in order; False when it does not fit."""
    if not isinstance(result, dict):
        return False
    found: list[tuple[Operation, Record]] = []
    for part in PARTS.values():
        mine = [operation for operation in operations if operation.part == part]
        shown = result.get(part) or []
        if len(shown) != len(mine) or not all(
            isinstance(record, dict) and "id" in record for record in shown
        ):
            return False
        found.extend(zip(mine, shown, strict=True))
    if any(operation.record_id not in ("", record.get("id")) for operation, record in found):
        return False
    for operation, record in found:
        operation.resolve(accepted({"id": record["id"]} if operation.method == "DELETE" else record))
    return True


def _no_answer(answer: Answer) -> Answer:
    if answer.status != 0:
        return answer
    return refused(502, 502, f"the API gave no answer ({answer.body.decode(errors='replace')[:80]})")
