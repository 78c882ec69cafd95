"""Rulesets: phases and their entry points, rules, expressions, plan limits."""
