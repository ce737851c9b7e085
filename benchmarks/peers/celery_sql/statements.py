"""The statements: one per transaction, each a whole hop or half of the exporting one."""

from __future__ import annotations

from typing import Final

RECEIVE: Final = """
with seen as (
    insert into seen_events (id) values (%(event_id)s) on conflict do nothing returning id
), stored as (
    insert into items (
        id, company, kind, external_id, revision, status, state, project, parent, number, title,
        created_by, sent_by, url, content
    )
    select %(id)s, %(company)s, %(kind)s, %(external_id)s, %(revision)s, %(status)s, 'sent',
        %(project)s, %(parent)s, %(number)s, %(title)s, %(created_by)s, %(sent_by)s, %(url)s,
        %(content)s::jsonb
    from seen
    returning id, sent_by
)
insert into history (item_id, event, actor) select id, 'received', sent_by from stored
"""

APPROVE: Final = """
with accepted as (
    update items i set state = 'exporting', updated_at = clock_timestamp()
    from policies p
    where i.id = %(id)s and i.state = 'sent'
        and p.company = i.company and p.kind = i.kind and p.auto_accept
        and exists (
            select from approvers a
            where a.company = i.company and a.project = i.project and a.can_push_to_accounting
        )
    returning i.id, i.revision
), decided as (
    insert into decisions (item_id, revision, answer, decided_by)
    select id, revision, 'accept', 'auto-accept' from accepted
)
insert into history (item_id, event, actor) select id, 'accepted', 'auto-accept' from accepted
"""

STATE: Final = "select state from items where id = %(id)s"

BEGIN_EXPORT: Final = """
with item as (
    select i.*, c.erp_id as parent_erp_id
    from items i
    join items c on c.company = i.company and c.kind = 'commitment' and c.external_id = i.parent
    where i.id = %(id)s
), attempt as (
    insert into export_attempts (item_id, mark)
    select id, id || ':' || revision from item where state = 'exporting'
    returning id, mark
)
select attempt.id, attempt.mark, item.state, item.number, item.title, item.project, item.parent,
    item.parent_erp_id, item.sent_by, item.url, item.content, item.erp_id
from item left join attempt on true
"""

FINISH_EXPORT: Final = """
with attempt as (
    update export_attempts
    set outcome = 'done', erp_id = %(erp_id)s, finished_at = clock_timestamp()
    where id = %(attempt)s
), item as (
    update items
    set state = 'synced', erp_id = %(erp_id)s, erp_lines = %(erp_lines)s::jsonb,
        updated_at = clock_timestamp()
    where id = %(id)s
)
insert into history (item_id, event, actor) values (%(id)s, 'synced', 'exporter')
"""

NOTIFY: Final = """
insert into notifications (item_id, revision, recipient, subject, text, html)
values (%(id)s, %(revision)s, %(recipient)s, %(subject)s, %(text)s, %(html)s)
on conflict do nothing
"""
