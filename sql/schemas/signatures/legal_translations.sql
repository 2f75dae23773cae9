-- Legal translations: a version of a legal text in another language. It is the same version: whoever has signed it in
-- one language has signed it.
--
--   original (English) + newest translation for each language -> shown to whoever reads it -> kept as it was shown
--
-- Rows are only added; a correction is a newer row, so nothing that was signed can change under its signature. The
-- placeholders of the original stand in a translation as they are, in English.

create table public.legal_translations (
  id                        uuid        primary key default gen_random_uuid(),
  revision                  bigint      not null generated always as identity,
  waiver_policy_id          uuid        references public.waiver_policy (id),
  recording_consent_text_id uuid        references public.recording_consent_texts (id),
  contract_template_id      uuid        references public.contract_templates (id),
  language                  text        not null,
  title                     text,
  body                      text        not null,
  reason                    text        not null,
  created_at                timestamptz not null default now(),
  created_by                uuid        default auth.uid(),
  text_id                   uuid        not null generated always as (
    coalesce(waiver_policy_id, recording_consent_text_id, contract_template_id)) stored,
  body_sha256               text        not null generated always as (private.sha256_hex(body)) stored,

  constraint legal_translations_are_of_one_text check (
    num_nonnulls(waiver_policy_id, recording_consent_text_id, contract_template_id) = 1),
  constraint legal_translations_language_is_another check (language ~ '^(?!en\M)[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint legal_translations_titles_are_of_contracts check (
    case when contract_template_id is null then title is null else title ~ '^\S[^\n]{0,119}$' and title is not null end),
  constraint legal_translations_body_is_not_empty check (btrim(body) <> ''),
  constraint legal_translations_body_is_short check (
    char_length(body) <= case when waiver_policy_id is not null then 90000
                              when recording_consent_text_id is not null then 8000 else 200000 end),
  constraint legal_translations_reason_is_short check (reason ~ '\S' and char_length(reason) <= 500)
);
comment on table public.legal_translations is
  'Legal texts in other languages. The newest row of a text and language is shown.';
comment on column public.legal_translations.id is 'Of the row; made here.';
comment on column public.legal_translations.revision is 'Counted up: of a text and language the highest is shown.';
comment on column public.legal_translations.waiver_policy_id is 'The waiver it translates; or null.';
comment on column public.legal_translations.recording_consent_text_id is 'The text about recording it translates; or null.';
comment on column public.legal_translations.contract_template_id is 'The contract it translates; or null.';
comment on column public.legal_translations.language is 'A tag such as fr-CA.';
comment on column public.legal_translations.title is 'Of a contract.';
comment on column public.legal_translations.body is
  'With the placeholders of the original, as they are. Never changes: a correction is a new row.';
comment on column public.legal_translations.reason is 'Who translated it, or what a correction corrects.';
comment on column public.legal_translations.created_at is 'When the row was made.';
comment on column public.legal_translations.created_by is
  'No foreign key: who added it stays, also when they have left.';
comment on column public.legal_translations.text_id is 'Whichever of the three it is.';
comment on column public.legal_translations.body_sha256 is 'SHA-256 of body, hexadecimal.';

create index legal_translations_newest_idx on public.legal_translations (text_id, language, revision desc);
create index legal_translations_waiver_policy_id_idx on public.legal_translations (waiver_policy_id);
create index legal_translations_recording_consent_text_id_idx on public.legal_translations (recording_consent_text_id);
create index legal_translations_contract_template_id_idx on public.legal_translations (contract_template_id);

alter table public.legal_translations enable row level security;

create policy "anyone reads translations of what is active, admins all"
  on public.legal_translations for select to anon, authenticated
  using (
    exists (select from public.waiver_policy p where p.id = waiver_policy_id and p.is_active)
    or exists (select from public.recording_consent_texts t where t.id = recording_consent_text_id and t.is_active)
    or (select private.is_admin()));
create policy "admins add translations"
  on public.legal_translations for insert to authenticated with check ((select private.is_admin()));

revoke all on public.legal_translations from anon, authenticated, service_role;
grant select on public.legal_translations to anon;
-- No update and no delete for anybody: somebody may have signed it.
grant select, insert (waiver_policy_id, recording_consent_text_id, contract_template_id, language, title, body, reason)
  on public.legal_translations to authenticated, service_role;

-- A placeholder that is lost would be a day that nobody wrote, and one that is added stays a bracket in what is signed.
create function private.check_placeholders() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_original text;
  v_name     text;
begin
  v_original := coalesce(
    (select p.policy_text from public.waiver_policy p where p.id = new.waiver_policy_id),
    (select t.body from public.recording_consent_texts t where t.id = new.recording_consent_text_id),
    (select c.body from public.contract_templates c where c.id = new.contract_template_id));
  if v_original is null then
    return new;  -- there is no such text, which the foreign key says
  end if;
  foreach v_name in array array['[Date of signing]', '[How long]', '[Name of practitioner]', '[Date of issue]'] loop
    if (strpos(new.body, v_name) > 0) <> (strpos(v_original, v_name) > 0) then
      perform private.refuse(422, 'placeholders_differ', 'The translation has other placeholders than the original.',
                             'Keep each one as it is, in English.');
    end if;
  end loop;
  return new;
end
$$;

create trigger legal_translations_check_placeholders before insert on public.legal_translations
  for each row execute function private.check_placeholders();

create type private.legal_text as (language text, title text, body text, sha256 text);

-- A version in all its languages, the original first.
create function private.list_legal_texts(text_id uuid, original text, title text default null)
  returns setof private.legal_text
  language sql stable set search_path = ''
as $$
  select 'en', list_legal_texts.title, list_legal_texts.original, private.sha256_hex(list_legal_texts.original)
  union all
  (select distinct on (t.language) t.language, t.title, t.body, t.body_sha256
     from public.legal_translations t where t.text_id = list_legal_texts.text_id
    order by t.language, t.revision desc);
$$;

-- The version for somebody: in their language, or in its kin (fr-CA for fr-FR), or the original.
create function private.choose_legal_text(text_id uuid, original text, title text, language text)
  returns private.legal_text
  language sql stable set search_path = ''
as $$
  select t from private.list_legal_texts(choose_legal_text.text_id, choose_legal_text.original, choose_legal_text.title) t
   order by t.language = choose_legal_text.language desc nulls last,
            split_part(t.language, '-', 1) = split_part(choose_legal_text.language, '-', 1) desc nulls last,
            t.language = 'en' desc
   limit 1;
$$;

-- What stands for a placeholder of the day: with months' names where they are known here, else in digits.
create function private.write_legal_day(day date, language text, in_english text) returns text
  language sql immutable set search_path = ''
as $$
  select case split_part(write_legal_day.language, '-', 1)
    when 'en' then to_char(day, in_english)
    when 'fr' then
      concat_ws(' ', case extract(day from day) when 1 then '1er' else to_char(day, 'FMDD') end,
                (array['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre',
                       'novembre', 'décembre'])[extract(month from day)],
                to_char(day, 'YYYY'))
    else to_char(day, 'YYYY-MM-DD') end;
$$;

revoke execute on function private.check_placeholders, private.list_legal_texts, private.choose_legal_text,
  private.write_legal_day from public, anon, authenticated, service_role;
-- The service signs waivers.
grant execute on function private.list_legal_texts to service_role;

-- In French the texts to begin with, and no others: a platform that has its own adds their translations itself.
-- Whoever runs it has their lawyer read these as well.

insert into public.legal_translations (waiver_policy_id, language, body, reason)
select p.id, 'fr-CA', $waiver$EXONÉRATION DE RESPONSABILITÉ ET ACCEPTATION DES RISQUES

Veuillez lire cette page attentivement. En la signant, vous renoncez à certains droits.

1. La pratique
Une séance consiste à se tenir debout, à s’asseoir ou à s’allonger, de façon guidée, sur une planche à clous (« la planche »), seul ou en groupe, en ligne ou en personne. La personne qui guide la séance (le praticien ou la praticienne) guide la respiration, la posture et le rythme. La pratique n’est ni un soin médical, ni une psychothérapie, ni un substitut à l’un ou à l’autre, et personne ne promet un résultat particulier.

2. Les risques
Je comprends que la pratique comporte des risques. Ceux-ci comprennent la douleur, les marques sur la peau, les piqûres, les ecchymoses, les saignements et les infections; les étourdissements, les évanouissements et les chutes; les douleurs musculaires et articulaires; les émotions fortes; et l’aggravation d’un état de santé, connu ou inconnu. Pendant une séance en ligne, personne n’est à mes côtés pour m’aider, et je suis responsable de la pièce, du sol, de la planche et de l’aide à portée de main là où je me trouve.

3. Ma santé
J’ai au moins 18 ans, ou mon parent ou tuteur signe pour moi. J’ai informé ou j’informerai mon praticien ou ma praticienne, avant la séance, de tout ce qui importe, par exemple une grossesse, le diabète ou une autre perte de sensibilité des pieds ou de la peau, un trouble de la coagulation ou la prise d’anticoagulants, des plaies ouvertes ou une maladie de la peau, des problèmes cardiaques, une tension artérielle très élevée ou très basse, l’épilepsie, une opération ou une blessure récente, et une maladie mentale. En cas de doute, je consulterai d’abord un médecin. Je ne pratiquerai pas sous l’influence de l’alcool ou de drogues.

4. Mon propre rythme
Je choisis de participer. Je peux faire une pause, descendre de la planche ou mettre fin à la séance à tout moment, et je le ferai immédiatement si je ressens une douleur vive, un engourdissement, un malaise ou de la peur. Je suivrai les consignes de sécurité que je reçois.

5. Acceptation des risques et renonciation
J’accepte ces risques comme les miens. Dans la mesure permise par la loi, je dégage l’entreprise, ses praticiens et praticiennes, ses employés, ses studios et ses partenaires de toute réclamation pour blessure, perte ou dommage découlant de ma participation, et je ne les poursuivrai pas à ce titre. La présente renonciation ne couvre ni la faute lourde, ni le préjudice intentionnel, ni rien de ce dont la loi ne permet pas de se dégager.

6. Urgence
Si je ne suis pas en état de décider moi-même, le praticien ou la praticienne peut appeler les services d’urgence à l’endroit que j’ai indiqué. J’assume les frais des soins.

7. Enregistrement
Aucune séance n’est enregistrée en vertu de cette page. L’enregistrement exige mon consentement distinct, que je peux retirer.

8. Dispositions générales
La présente exonération vaut pour toutes mes séances jusqu’à ce qu’une version plus récente la remplace. Elle lie mes héritiers et mes représentants. Si une partie n’en est pas valide, le reste demeure. Elle est régie par la loi du lieu où la séance est donnée et, pour les séances en ligne, par la loi de la province de l’Ontario, au Canada.

J’ai lu et compris cette page, j’ai eu l’occasion de poser des questions, et je la signe de mon plein gré.

Date : [Date of signing]$waiver$, 'The text to begin with, translated with it.'
  from public.waiver_policy p
 where p.policy_text_sha256 = '8d633edebd6f3a09d969a18a58ef467af77d57b83c0c031c4fd4410f7685c8b0';

insert into public.legal_translations (recording_consent_text_id, language, body, reason)
select t.id, 'fr-CA', $text$Ce qui est enregistré
L’image et le son de vos séances et de vos cours en ligne, à partir du moment où le praticien ou la praticienne et un client ou une cliente sont présents, jusqu’à la fin de la séance. Seulement si toutes les personnes présentes ont accepté : personne n’est enregistré sans l’avoir accepté. Les séances en personne ne sont pas enregistrées.

Qui peut regarder
Les personnes qui y ont participé : le client ou la cliente et le praticien ou la praticienne, ou les personnes du cours; et les administrateurs de cette plateforme. Chaque visionnement est consigné. Le client et le praticien d’une séance, et pour un cours son praticien, peuvent la montrer à d’autres au moyen d’un lien qui prend fin après 90 jours au plus et auquel l’un ou l’autre peut mettre fin avant; les administrateurs le peuvent aussi.

Combien de temps il est conservé
Un enregistrement est conservé [How long], à moins qu’une autre durée n’ait été fixée pour cette séance. L’enregistrement et ses fichiers sont ensuite effacés.

Si vous dites non
La séance a lieu comme prévu, sans enregistrement. Rien d’autre ne change. Le praticien ou la praticienne de votre séance voit votre réponse.

Si vous changez d’avis
Vous pouvez changer votre réponse à tout moment, aussi facilement que vous l’avez donnée. Après un non, un enregistrement en cours s’arrête et plus rien n’est enregistré de vous. Les enregistrements des séances auxquelles vous avez participé sont fermés immédiatement et effacés après un jour, à moins que vous n’acceptiez de nouveau avant. Il y a deux exceptions : ce que la loi nous oblige à conserver reste fermé jusqu’à ce qu’il puisse être effacé; et lorsque l’enregistrement d’un cours est conservé pour les autres en vertu d’une règle établie pour ce cours, votre propre accès prend fin.$text$, 'The text to begin with, translated with it.'
  from public.recording_consent_texts t
 where private.sha256_hex(t.body) = '3f18b22838fc0807cb18c65492fab867774e1ef501ac187a0b7c78347278ac16';

insert into public.legal_translations (contract_template_id, language, title, body, reason)
select t.id, 'fr-CA', 'Contrat de praticien', $contract$CONTRAT DE PRATICIEN

Le présent contrat est conclu entre l’entreprise qui exploite cette plateforme (« l’entreprise ») et [Name of practitioner] (« le praticien »; le masculin est employé pour alléger le texte). Il a été émis le [Date of issue] et prend effet lorsque le praticien le signe.

1. Ce que fait le praticien
Le praticien guide des séances sur une planche à clous, individuelles ou en groupe, en ligne ou en personne, aux heures qu’il offre lui-même. Il prépare chaque séance, est présent à l’heure et accorde à chaque client l’attention et le soin que la pratique exige.

2. Entrepreneur indépendant
Le praticien est un entrepreneur indépendant et n’est ni l’employé, ni l’associé, ni le mandataire de l’entreprise. Il choisit quand il travaille, peut travailler pour d’autres, utilise ses propres moyens et est responsable de ses impôts, de ses cotisations et de ses assurances.

3. Compétence et sécurité
Le praticien possède la formation et l’expérience qu’il a déclarées dans sa candidature, et les tient à jour. Il suit les consignes de sécurité de l’entreprise, s’assure que chaque client a signé l’exonération de responsabilité en vigueur et met fin à une séance lorsque la sécurité d’une personne l’exige. Il ne donne aucun avis médical et ne promet aucun résultat médical.

4. Paiement
Le praticien reçoit la part du prix de chaque séance tenue qui est indiquée dans son compte; à l’émission du présent contrat, elle est de 75 pour cent. Une modification de la part vaut pour les séances payées après son annonce. L’entreprise verse les sommes dues toutes les deux semaines, au compte que le praticien a inscrit et que l’entreprise a vérifié. Ce qui est remboursé à un client, ou repris par la banque du client, réduit le versement suivant.

5. Annulation
Un praticien qui ne peut pas tenir une séance l’annule dans la plateforme dès que possible. Le client récupère alors ce avec quoi il a payé. Les séances annulées par les clients suivent la politique d’annulation que le client a acceptée.

6. Confidentialité et vie privée
Ce que les clients disent et montrent est confidentiel, y compris après la fin du présent contrat. Le praticien conserve ses notes et ses enregistrements uniquement dans la plateforme, n’enregistre rien lui-même et ne transmet à personne les données des clients.

7. Conduite
Le praticien traite chacun avec respect, n’a aucun contact sexuel avec les clients et n’accepte des clients de l’entreprise ni réservation ni paiement en dehors de la plateforme pendant la durée du présent contrat et les six mois qui suivent.

8. Durée et fin
Le présent contrat dure jusqu’à la date qu’il indique ou, sinon, jusqu’à ce qu’une partie y mette fin par un préavis écrit de quatorze jours. Chaque partie peut y mettre fin immédiatement pour un motif sérieux. Ce qui a été gagné jusque-là est versé.

9. Signature électronique
Les deux parties acceptent de signer électroniquement. Le praticien peut demander une copie sur papier. La plateforme conserve le texte tel qu’il a été signé, son empreinte SHA-256, ainsi que le moment et l’endroit d’où il a été signé, et en remet une copie au praticien à tout moment.

10. Dispositions générales
Le présent document constitue l’intégralité du contrat; les modifications se font par écrit. Si une partie n’en est pas valide, le reste demeure. Il est régi par la loi de la province de l’Ontario, au Canada.$contract$, 'The text to begin with, translated with it.'
  from public.contract_templates t
 where t.body_sha256 = '137131f2bd30baa5d5385b046f15cab35a3ffbcc69f3423cbb5727a14742fd40';

-- Order matters: before the audit trigger, because what the platform begins with is nobody's change.
create trigger audit_legal_translations after insert on public.legal_translations
  for each row execute function private.write_audit_log();
