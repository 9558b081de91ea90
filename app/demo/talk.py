"""What people of the demo write to each other: reasons, notes and reviews."""

DECLINED = (
    "The kiln is down until the 14th; we cannot promise your date.",
    "We have just sold the last of this batch. The next one is due in three weeks.",
    "We do not deliver pallets to your address this month, sorry.",
    "Our mill is closed for maintenance this week.",
    "The dye lot you asked for did not pass our own check.",
    "We are fully booked until the end of the month.",
)
WITHDRAWN = (
    "A part of the oven has failed and the spare takes two weeks. Please forgive us.",
    "Our supplier of corks let us down; we would rather cancel than keep you waiting.",
    "The goods were damaged in our warehouse before loading.",
)
CANCELLED = (
    "Ordered twice by mistake.",
    "Our customer has changed the date.",
    "We found the same goods in our own back room.",
    "The quantity was meant for the other shop.",
    "",
)
NOTES = (
    "", "", "", "", "",
    "Please deliver before noon.",
    "Ring at the yard entrance.",
    "No delivery on Mondays, we are closed.",
    "Please put the price list into the box.",
    "The lift takes pallets up to 1.10 m.",
    "If a glaze is missing, send the other one instead.",
    "For our opening on Saturday, so please be on time.",
)  # fmt: skip
PRODUCTION = (
    "On schedule", "Glazed, in the kiln tonight", "Cut and sewn, finishing from tomorrow", "Half of it is packed",
    "Waiting for the second firing", "Last quality check", "Roasted this morning, resting", "Labels come on Thursday",
)  # fmt: skip
OF_SELLERS: dict[int, tuple[str, ...]] = {
    5: (
        "Well packed, all intact. Our customers asked for it on the first day.",
        "Quick and exactly as described.",
        "The nicest boxes we unpack in a week.",
        "Second order, as good as the first.",
        "One piece was chipped; they sent two before we had asked.",
        "Arrived a day early, every item labelled.",
        "Honest advice on the phone about what sells and what does not.",
        "Lovely quality for the price.",
        "",
    ),
    4: (
        "Good glaze, small colour variation between the boxes.",
        "Everything right, though the delivery note was missing.",
        "Fine goods; the carrier left them at our neighbour's.",
        "A little smaller than we had thought, but they sell.",
        "Packed with more plastic than we like.",
        "",
    ),
    3: (
        "Goods are fine, delivery took four days longer than promised.",
        "Two colours were mixed up in the cartons.",
        "Nice, but the barcode labels do not scan.",
        "We had to ask twice for the invoice address.",
    ),
    2: (
        "Arrived late and two pieces were missing; refunded after a week.",
        "The finish is not the one in the picture.",
    ),
    1: ("Broken on arrival, and nobody answered for days.",),
}
OF_BUYERS: dict[int, tuple[str, ...]] = {
    5: (
        "Prompt and friendly.",
        "Counts and accepts the same day. A pleasure.",
        "Clear order, clear address, no questions left.",
        "Always welcome.",
        "A careful shop that gives honest feedback.",
        "",
    ),
    4: (
        "All good; acceptance took a few days.",
        "Friendly, changed the delivery address once.",
        "Fine to work with.",
        "",
    ),
    3: ("Reported missing pieces that turned up later.", "Hard to reach on the phone."),
}
