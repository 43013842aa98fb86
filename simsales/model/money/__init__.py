"""Money paid out: commissions, bonuses, and all costs by tier, purpose and kind."""
