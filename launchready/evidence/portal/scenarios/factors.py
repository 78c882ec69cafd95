"""The administrators' second factor: asked for, not got around, each code taken once."""

from __future__ import annotations

from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage


@scenario("second factor")
async def second_factor(stage: Stage) -> None:
    """By the password alone, then with a code, then with the same code again in another browser."""
    admins = [name for name, one in stage.portal.identities.items() if one.role in stage.portal.admin_roles]
    stage.facts["admins"] = admins
    for name in admins:
        first = stage.visitor(name)
        asked = await first.password(f"password of {name}")
        stage.facts[f"asked {name}"] = not isinstance(asked, bool)
        if isinstance(asked, bool):
            stage.facts[f"password alone {name}"] = asked
            continue
        await first.logged_in(f"before the code of {name}")
        if stage.portal.identities[name].totp is None:
            continue
        code = await first.code()
        stage.facts[f"code {name}"] = await first.second_factor(f"code of {name}", asked, code)
        again = stage.visitor(name)
        asked_again = await again.password(f"password again of {name}")
        if not isinstance(asked_again, bool):
            stage.facts[f"code again {name}"] = await again.second_factor(
                f"code again of {name}", asked_again, code
            )
