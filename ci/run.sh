#!/usr/bin/env bash
# One job of a pipeline: verify, drift, spf-check or lint, for action.yml and ci/gitlab.yml.
# Reads LAUNCHREADY_COMMAND, _CLIENT, _FORMATS, _OUTPUT, _EDGE, _ARGUMENTS; writes the reports, and where the
# runner has them GITHUB_OUTPUT and GITHUB_STEP_SUMMARY. Exits as launch does: 0 ready, 1 not ready or drift,
# 2 bad input, 3 unproven.
set -uo pipefail

command=${LAUNCHREADY_COMMAND:-verify}
client=${LAUNCHREADY_CLIENT:-}
output=${LAUNCHREADY_OUTPUT:-launchready-report}
read -r -a formats <<<"${LAUNCHREADY_FORMATS:-markdown sarif}"
read -r -a arguments <<<"${LAUNCHREADY_ARGUMENTS:-}"
[[ -n ${LAUNCHREADY_EDGE:-} ]] && arguments+=(--edge "$LAUNCHREADY_EDGE")

if [[ -z $client && $command != lint ]]; then
  echo "error: name the client" >&2
  exit 2
fi
if [[ $client == -* ]]; then
  echo "error: $client is no client" >&2
  exit 2
fi
mkdir -p "$output"

code=0
report=""
case $command in
  verify | drift)
    name=drift
    [[ $command == verify ]] && name=verification
    wanted=()
    for format in "${formats[@]}"; do
      # Drift has no page and no JUnit: asking for them is no mistake where both jobs share a setting.
      [[ $command == drift && $format == @(html|junit) ]] || wanted+=(--format "$format")
    done
    launch "$command" "$client" "${wanted[@]}" --output "$output" "${arguments[@]}" || code=$?
    report=$output/$name.md
    sarif=$output/$name.sarif
    ;;
  spf-check)
    launch spf flatten "$client" --check "${arguments[@]}" || code=$?
    sarif=""
    ;;
  lint)
    sarif=$output/lint.sarif
    files=()
    [[ -n $client ]] && files=("stacks/Pulumi.$client.yaml")
    launch lint "${files[@]}" --format sarif >"$sarif" || code=$?
    # The same once more for people: notes at the lines on GitHub, plain text elsewhere.
    form=text
    [[ ${GITHUB_ACTIONS:-} == true ]] && form=github
    launch lint "${files[@]}" --format "$form" || true
    ;;
  *)
    echo "error: $command is none of verify, drift, spf-check, lint" >&2
    exit 2
    ;;
esac

[[ -s $report ]] || report=""
[[ -s $sarif ]] || sarif=""
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
  printf 'exit-code=%s\nreport=%s\nsarif=%s\n' "$code" "$report" "$sarif" >>"$GITHUB_OUTPUT"
fi
if [[ -n $report && -n ${GITHUB_STEP_SUMMARY:-} ]]; then
  cat "$report" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
