"""A small valid scenario that the tests break in one place at a time."""

from __future__ import annotations

TEXT = """\
horizon_months: 24
tiers:
  smb: {price_per_month: 1000, churn_per_month: 0.02, care: {by: CSM, effort_hours_per_month: 0.5}}
channels:
  content: {enters_as: MQL, leads_per_month: 360, tiers: {smb: 1}}
  outbound: {worked_by: SDR, tiers: {smb: 1}}
journeys:
  smb:
    prospect: {by: SDR, on: Suspect, effort_hours: 0.5, pass_probability: 0.1, to: SQL}
    qualify: {by: MDR, on: MQL, effort_hours: {lognormal: {mean: 0.3, sd: 0.2}}, to: SQL}
    demo: {by: AE, effort_hours: 1, pass_probability: 0.6, to: SAL}
    close: {by: AE, effort_hours: 1, pass_probability: 0.6, to: WIN}
    onboard: {by: CSM, effort_hours: 2, to: LIVE}
people:
  MDR: {hours_per_month: 140}
  SDR: {hours_per_month: 140}
  AE: {hours_per_month: 140}
  CSM: {hours_per_month: 140}
organization:
  teams:
    pod: {members: {MDR: 1, SDR: 1, AE: 3, CSM: 1}}
"""
