"""The desk's numbers, each defined once: what is counted, which date decides the period, what is left out.

Every report, its download and the home panel read them from here. Leads are those that the desk works
(`Lead.objects`): merged, restricted and half imported ones count nowhere.
"""
