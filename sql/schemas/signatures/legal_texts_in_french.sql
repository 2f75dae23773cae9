-- Legal texts in French: of the texts to begin with, and of no other: a platform that has texts of its own adds their
-- translations itself. Whoever runs it has their lawyer read these as well.

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
