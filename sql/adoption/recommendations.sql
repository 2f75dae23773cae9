-- Recommendations home. One that was done on a day that nobody wrote down was done when it was last changed.
call legacy.bring_home('action_recommendations',
  columns => 'id, session_id, practitioner_id, client_id, title, description, action_type, frequency, due_date, completed,
              completed_at, created_at, updated_at',
  home => $$r.id, r.session_id, r.practitioner_id, r.client_id, left(r.title, 200), left(r.description, 4000), r.action_type,
            left(r.frequency, 100), case when r.due_date between '2000-01-01' and '2100-01-01' then r.due_date end,
            r.completed, case when r.completed then coalesce(r.completed_at, r.updated_at) end, r.created_at, r.updated_at$$,
  account => 'r.client_id',
  mended => $$case when char_length(r.title) > 200 or char_length(r.description) > 4000 or char_length(r.frequency) > 100
                     or r.due_date not between '2000-01-01' and '2100-01-01'
                   then 'came home without what a recommendation cannot hold' end$$);
