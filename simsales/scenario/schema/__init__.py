"""The fields of a scenario: their types, bounds, defaults and meaning. Each part is checked on its own here.

Units stand in the names of the fields. Wherever a field is a ``Quantity``, a number or a distribution may
stand: ``{lognormal: {mean: 7, sd: 4}}``, mean and sd being those of the quantity itself.
"""
