"""Leads by the million, made inside PostgreSQL: believable names, stages, owners, dates and histories.

The same numbers for every run: `setseed` first, then shares of the whole, so that a list of 1,000 leads and
one of 1,000,000 differ in length only.
"""

FIRST_NAMES = (
    "Priya Karthik Divya Arun Lakshmi Vijay Anitha Suresh Kavitha Ramesh Deepa Ganesh Meena Rajesh Nithya "
    "Senthil Asha Bala Fathima Mohammed Joel Harini Nila Irfan Keerthana Prakash Revathi Saravanan Uma "
    "Vignesh Yamini Abdul Bhavani Chandran Gayathri Hari Indira Jaya Kumaran Malathi"
)
LAST_NAMES = (
    "Kumar Raj Devi Selvam Krishnan Rajan Murugan Subramanian Natarajan Venkatesh Iyer Pillai Nair Reddy Rao "
    "Sharma Das Khan Ahmed Thomas Joseph Mathew Fernandez Gupta Singh Patel Shah Menon Varma Chandrasekaran "
    "Balaji Mani Sundaram Anand Prabhakar Rizwana Chandran Mohan Pandian Velu"
)
RARE_NAME = "Zoravar Quenneville"
"""Three people of this name in every database."""

DROP_SEARCH = "DROP INDEX IF EXISTS lead_search_text"
MAKE_SEARCH = "CREATE INDEX lead_search_text ON enrollment_lead USING gin (search_text gin_trgm_ops)"

PEOPLE = f"""
INSERT INTO enrollment_person (id, name, created_at)
SELECT {{offset}} + g,
       CASE WHEN g <= 3 THEN '{RARE_NAME}' ELSE
         (string_to_array('{FIRST_NAMES}', ' '))[1 + floor(40 * power(random(), 2))::int] || ' ' ||
         (string_to_array('{LAST_NAMES}', ' '))[1 + floor(40 * power(random(), 1.5))::int] END,
       now() - 1095 * power(random(), 1.3) * interval '1 day'
FROM generate_series(1, {{count}}) AS g
"""  # nosec B608 - names are this file's own constants

POINTS = """
INSERT INTO enrollment_contactpoint (person_id, kind, value, as_typed, created_at)
SELECT id, 'email', address, address, created_at FROM (
  SELECT id, created_at, lower(replace(name, ' ', '.')) || id || '@' ||
         (ARRAY['gmail.com','gmail.com','gmail.com','yahoo.co.in','outlook.com'])[1 + id % 5] AS address
  FROM enrollment_person WHERE id > {offset}) AS people
UNION ALL
SELECT id, 'phone', '+91' || (9000000000 + (id - id % 20 / 19) * 7919 % 999999937),
       '+91' || (9000000000 + (id - id % 20 / 19) * 7919 % 999999937), created_at
FROM enrollment_person WHERE id > {offset} AND id % 10 > 0
"""

LEADS = """
INSERT INTO enrollment_lead (person_id, reference, interest, course_id, stage, closing_reason_id, owner_id,
  source, contact_by, best_time, message, details, next_action, next_action_at, answer_due_at, answered_at,
  campaign, set_aside, search_text, created_at, stage_since)
SELECT p.id, reference, CASE WHEN r1 < 0.2 THEN 'placement' ELSE 'contact' END,
  CASE WHEN r2 < 0.85 THEN ({courses})[1 + floor({course_count} * r2 * r2)::int] END,
  stage, CASE WHEN stage = 'closed' THEN ({reasons})[1 + floor({reason_count} * r3 * r3)::int] END,
  CASE WHEN stage <> 'new' OR r3 < 0.6 THEN ({owners})[1 + floor({owner_count} * r3 * r3)::int] END,
  (ARRAY['website','website','website','website','campaign','phone','walk-in','referral','import','website',
         'partner'])[1 + floor(11 * r4)::int],
  (ARRAY['phone','phone','whatsapp','whatsapp','whatsapp','email'])[1 + floor(6 * r1)::int], '',
  'I would like to know when the next course starts and what it costs.', '{{}}',
  CASE WHEN stage IN ('contacted','qualified','applied') AND r4 < 0.7 THEN 'Call back' ELSE '' END,
  CASE WHEN stage IN ('contacted','qualified','applied') AND r4 < 0.7
       THEN now() + (r1 * 10 - 2) * interval '1 day' END,
  p.created_at + interval '4 hours',
  CASE WHEN stage <> 'new' THEN p.created_at + r2 * interval '5 hours' END,
  CASE WHEN r4 > 0.36 AND r4 < 0.46 THEN 'monsoon-' || (1 + p.id % 6) ELSE '' END,
  CASE WHEN r1 > 0.99 THEN 'restricted' ELSE '' END,
  lower(p.name) || E'\\n' || points.words || E'\\n' || lower(reference), p.created_at,
  p.created_at + r3 * interval '3 days'
FROM (
  SELECT *, 'ENQ-' || left(code, 4) || '-' || right(code, 3) AS reference,
    CASE WHEN age < 1 THEN CASE WHEN r2 < 0.6 THEN 'new' ELSE 'contacted' END
         WHEN age < 30 THEN (ARRAY['new','contacted','contacted','qualified','applied','closed','closed',
           'enrolled'])[1 + floor(8 * power(r2, 0.5))::int]
         ELSE (ARRAY['contacted','qualified','enrolled','closed','closed','closed','closed','enrolled',
           'closed','closed'])[1 + floor(10 * power(r2, 0.7))::int] END AS stage
  FROM (SELECT id, name, created_at, upper(lpad(to_hex(id), 7, '0')) AS code,
          extract(epoch FROM now() - created_at) / 86400 AS age,
          random() AS r1, random() AS r2, random() AS r3, random() AS r4
        FROM enrollment_person WHERE id > {offset} OFFSET 0) AS people) AS p
JOIN LATERAL (SELECT string_agg(ltrim(value, '+'), E'\\n') AS words FROM enrollment_contactpoint
              WHERE person_id = p.id) AS points ON true
"""

CONSENTS = """
INSERT INTO enrollment_consent (person_id, purpose, channel, granted, notice_version, language, created_at)
SELECT id, 'enquiry', 'email', true, '2026-11', 'en-gb', created_at FROM enrollment_person WHERE id > {offset}
UNION ALL
SELECT id, 'news', 'email', id % 16 > 0, '2026-11', 'en-gb', created_at
FROM enrollment_person WHERE id > {offset} AND id % 4 = 0
"""

TAGS = """
INSERT INTO enrollment_lead_tags (lead_id, leadtag_id)
SELECT id, ({tags})[1 + (id % {tag_count})::int] FROM enrollment_lead
WHERE person_id > {offset} AND id % 7 = 0
"""

CHANGES = """
INSERT INTO enrollment_stagechange (lead_id, before_id, after_id, actor_id, stayed, created_at)
SELECT lead.id, step.before, step.after, lead.owner_id, step.days * interval '5 hours',
       least(lead.created_at + step.days * interval '20 hours', now())
FROM enrollment_lead AS lead JOIN (VALUES
  ('contacted', 'new', 'contacted', 1),
  ('qualified', 'new', 'contacted', 1), ('qualified', 'contacted', 'qualified', 3),
  ('applied', 'new', 'contacted', 1), ('applied', 'contacted', 'qualified', 3),
  ('applied', 'qualified', 'applied', 6),
  ('enrolled', 'new', 'contacted', 1), ('enrolled', 'contacted', 'qualified', 3),
  ('enrolled', 'qualified', 'applied', 6), ('enrolled', 'applied', 'enrolled', 9),
  ('closed', 'new', 'contacted', 1), ('closed', 'contacted', 'closed', 12)
) AS step (stage, before, after, days) ON step.stage = lead.stage
WHERE lead.person_id > {offset}
"""

EVENTS = """
INSERT INTO enrollment_leadevent (lead_id, kind, text, actor_id, created_at)
SELECT id, 'enquiry', reference, NULL, created_at FROM enrollment_lead WHERE person_id > {offset}
UNION ALL
SELECT id, 'call', 'Called, wants the evening batch.', owner_id, least(created_at + interval '3 hours', now())
FROM enrollment_lead WHERE person_id > {offset} AND stage <> 'new'
"""

STATEMENTS = (PEOPLE, POINTS, LEADS, CONSENTS, TAGS, CHANGES, EVENTS)
TABLES = ("person", "contactpoint", "lead", "consent", "lead_tags", "stagechange", "leadevent")
