"""The words of every form, French first: dates, numbers, plurals, and what trouble is called."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from watcher.health import NOTICED, Health
from watcher.ownpages import OwnPage
from watcher.sources import Trouble, moved_to
from watcher.store import RunSummary
from watcher.verdicts import KEPT, REJECTED

THIN, WIDE = "\u202f", "\u00a0"  # the spaces that French puts before ; : ! ? and inside « »

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
_SHORT_MONTHS = {
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(),
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
}
_PARIS = ZoneInfo("Europe/Paris")
_RECENT = timedelta(days=270)  # a day and a month tell which year
_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}

# key -> (French, English). `{n}` forms end in "|": one thing, or several.
_SAYINGS: dict[str, tuple[str, str]] = {
    "title": ("Veille du {start} au {end}", "Watch from {start} to {end}"),
    "read": ("{n} article lu|{n} articles lus", "{n} article read|{n} articles read"),
    "kept": ("{n} histoire à lire|{n} histoires à lire", "{n} story to read|{n} stories to read"),
    "aside": ("{n} article mis de côté|{n} articles mis de côté", "{n} article set aside|{n} articles set aside"),
    "by-rules": ("dont {n} par vos règles", "{n} of them by your rules"),
    "kept-by-you": ("gardé par vous", "kept by you"),
    "always-shown": ("vos règles le montrent toujours : {word}", "always shown by your rules: {word}"),
    "sources": ("{n} source suivie|{n} sources suivies", "{n} source watched|{n} sources watched"),
    "all-sources": ("{n} source|{n} sources", "{n} source|{n} sources"),
    "to-read": ("{n} à lire", "{n} to read"),
    "none": ("rien de nouveau pour ce profil", "nothing new for this profile"),
    "nothing": ("Rien de nouveau à lire : les sources ont répondu, aucun article ne dépasse le seuil.",
                "Nothing new to read: the sources answered, no article is above the threshold."),
    "failed": ("Aucune source n’a pu être lue : ce silence n’est pas une absence de nouvelles.",
               "No source could be read: this silence does not mean there is no news."),
    "nothing-partly": ("Rien de nouveau à lire dans les sources qui ont répondu.", "Nothing new to read in the sources that answered."),
    "also-in": ("aussi dans : ", "also in: "),
    "why": ("pourquoi : ", "why: "),
    "also-fits": ("convient aussi à : ", "also fits: "),
    "undated": ("sans date", "undated"),
    "event": ("rendez-vous : {moment}", "takes place: {moment}"),
    "near": ("À surveiller : un peu sous le seuil", "To keep an eye on: just below the threshold"),
    "more": ("{n}\u00a0autre|{n}\u00a0autres", "{n}\u00a0more"),
    "health": ("Sources à surveiller", "Sources to look at"),
    "since": ("depuis le {date}", "since {date}"),
    "failing": ("{n} source en panne|{n} sources en panne", "{n} source failing|{n} sources failing"),
    "attempts": ("{n} échec|{n} échecs de suite", "{n} failure|{n} failures in a row"),
    "summary": (
        "{asked}, {resting}, {failed} en échec · {new}, {known}",
        "{asked}, {resting}, {failed} failed · {new}, {known}",
    ),
    "asked": ("{n} source interrogée|{n} sources interrogées", "{n} source asked|{n} sources asked"),
    "resting": ("{n} pas encore échue|{n} pas encore échues", "{n} not yet due"),
    "new": ("{n} article nouveau|{n} articles nouveaux", "{n} new article|{n} new articles"),
    "held": ("dont {n} déjà ancien, hors des digests|dont {n} déjà anciens, hors des digests", "{n} of them old, out of the digests"),
    "known": ("{n} déjà connu|{n} déjà connus", "{n} already known"),
    "waits-for": ("attend {host} ({seconds} s)", "waits for {host} ({seconds} s)"),
    "untitled": ("(sans titre)", "(untitled)"),
    "score-is": ("note sur 100", "score of 100"),
    "left-out": ("et {n} autre histoire : « watcher digest » la montre|et {n} autres histoires : « watcher digest » les montre",
                 "and {n} more story: `watcher digest` shows it|and {n} more stories: `watcher digest` shows them"),
    "carried": ("{n} histoire attend la prochaine lettre|{n} histoires attendent la prochaine lettre",
                "{n} story waits for the next letter|{n} stories wait for the next letter"),
    "set-aside-are": ("Ce qui est mis de côté reste dans la base : « watcher search » le retrouve.", "What is set aside stays in the database: `watcher search` finds it."),
    "subject-news": ("Veille : {n} histoire à lire|Veille : {n} histoires à lire", "Watch: {n} story to read|Watch: {n} stories to read"),
    "subject-nothing": ("Veille : rien de nouveau", "Watch: nothing new"),
    "subject-failed": ("Veille en panne : aucune source n’a pu être lue", "Watch failed: no source could be read"),
    "numbered": ("n°\u00a0{id}", "no.\u00a0{id}"),
    "pair": ("{name} : {value}", "{name}: {value}"),
    "turns": ("Ce que deviennent des articles déjà connus", "What became of articles known before"),
    "once": ("signalé une fois", "said once"),
    "turned": ("{n} article connu a changé de statut|{n} articles connus ont changé de statut",
               "{n} known article has another status|{n} known articles have another status"),
    "subject-turned": ("Veille : {n} changement de statut|Veille : {n} changements de statut", "Watch: {n} change of status|Watch: {n} changes of status"),
    "echoes": ("{n} écho : |{n} échos : ", "{n} echo: |{n} echoes: "),
    "arranged": ("{n} histoire|{n} histoires", "{n} story|{n} stories"),
    "as-before": ("C’était déjà dit : rien n’a changé.", "That was said before: nothing changed."),
    "apart": ("séparés le {date}", "split on {date}"),
    "together": ("réunis le {date}", "joined on {date}"),
    "no-words": ("Aucune histoire n’a été séparée ni réunie à la main.", "No story was split or joined by hand."),
}  # fmt: skip

_TROUBLE: dict[str, tuple[str, str]] = {
    "dns": ("nom introuvable : vérifiez l’adresse et la connexion", "name not found: check the address and the network"),
    "refused": ("personne ne répond à cette adresse", "nobody answers at this address"),
    "unreachable": ("hors de portée : le réseau n’y mène pas", "out of reach: the network does not lead there"),
    "tls": ("certificat refusé : le site doit le réparer", "certificate refused: the site has to mend it"),
    "timeout": ("trop lente : pas de réponse complète dans le délai", "too slow: no complete answer in time"),
    "http": ("répond par une erreur {status}", "answers with error {status}"),
    "blocked": ("refuse les programmes ({status}) : ce silence n’en est pas un", "turns programs away ({status}): this is not silence"),
    "gone": ("supprimée par l’éditeur (410) : retirez-la de feeds.yaml", "removed by its publisher (410): take it out of feeds.yaml"),
    "robots": ("le site demande aux programmes de ne pas lire cette page (robots.txt) : cherchez son flux", "the site asks programs not to read this page (robots.txt): look for its feed"),
    "redirects": ("renvoie ailleurs sans fin ou vers une adresse interdite", "redirects without end or to a forbidden address"),
    "private-address": ("adresse privée : ajoutez-la à allow_hosts si c’est voulu", "private address: add it to allow_hosts if you mean it"),
    "too-large": ("réponse trop volumineuse", "answer too large"),
    "broken": ("réponse interrompue ou illisible", "answer cut short or unreadable"),
    "not-a-feed": ("a répondu par autre chose qu’un flux (page web ?)", "answered with something that is not a feed (a web page?)"),
    "empty": ("flux vide", "empty feed"),
    "selector": ("rien sur la page pour « {detail} » : revoyez « select » dans feeds.yaml", "nothing on the page for `{detail}`: look at `select` in feeds.yaml"),
}  # fmt: skip

# What came of asking for articles' own pages; the troubles that are not named here are failures, tried again later.
_PAGES: dict[str, tuple[str, str]] = {
    "read": ("{n} page lue|{n} pages lues", "{n} page read|{n} pages read"),
    "robots": ("{n} refusée par robots.txt|{n} refusées par robots.txt", "{n} refused by robots.txt"),
    "reserved": ("{n} réservée par l’éditeur (fouille de textes)|{n} réservées par leur éditeur (fouille de textes)", "{n} reserved by the publisher (text mining)"),
    "blocked": ("{n} fermée aux programmes|{n} fermées aux programmes", "{n} closed to programs"),
    "nothing": ("{n} sans texte", "{n} without a text"),
    "other": ("{n} qui n’est pas celle de l’article|{n} qui ne sont pas celles des articles", "{n} not the article’s own|{n} not the articles’ own"),
    "failed": ("{n} en échec", "{n} failed"),
}  # fmt: skip
_PAGE: dict[str, tuple[str, str]] = {
    "read": ("lue le {date}, n’en dit pas plus", "read on {date}, says no more"),
    "judged": ("lue le {date} ; le texte ci-dessous et les notes en viennent", "read on {date}; the text below and the scores are from it"),
    "robots": ("non lue : robots.txt s’y oppose", "not read: robots.txt forbids it"),
    "reserved": ("non utilisée : l’éditeur réserve la fouille de textes", "not used: the publisher reserves text mining"),
    "blocked": ("non lue : elle est fermée aux programmes", "not read: it is closed to programs"),
    "nothing": ("lue le {date}, aucun texte trouvé", "read on {date}, no text found"),
    "other": ("lue le {date}, ce n’est pas celle de l’article", "read on {date}, it is not the article’s own"),
    "again": ("échec le {date}, nouvel essai plus tard", "failed on {date}, to be tried again"),
    "failed": ("échec le {date}", "failed on {date}"),
}  # fmt: skip

# How many sources fare in which way; what is noticed of one; what to do.
FARES: dict[str, tuple[str, str]] = {
    "well": ("{n} va bien|{n} vont bien", "{n} well"), "never": ("{n} jamais interrogée|{n} jamais interrogées", "{n} never asked"),
    "silent": ("{n} silencieuse|{n} silencieuses", "{n} silent"), "blocked": ("{n} bloquée|{n} bloquées", "{n} blocked"),
    "empty": ("{n} vide|{n} vides", "{n} empty"), "moved": ("{n} déplacée|{n} déplacées", "{n} moved"),
    "gone": ("{n} disparue|{n} disparues", "{n} gone"), "broken": ("{n} en panne", "{n} failing"),
    "gap": ("{n} avec un trou possible", "{n} with a possible gap"), "flood": ("{n} avec un afflux", "{n} with a flood"),
}  # fmt: skip
_NOTICES: dict[str, tuple[str, str]] = {
    "silent": ("se tait depuis le {date}, elle qui publie d’ordinaire tous les {n} jours", "silent since {date}; it usually publishes every {n} days"),
    "silent-daily": ("se tait depuis le {date}, elle qui publie d’ordinaire tous les jours", "silent since {date}; it usually publishes every day"),
    "same": ("donne le même document depuis le {date}", "gives the same document since {date}"),
    "moved": ("a changé d’adresse le {date} : {address}", "moved on {date}: {address}"),
    "gap": ("trou possible le {date} : aucun article en commun avec la visite d’avant", "possible gap on {date}: no article in common with the visit before"),
    "flood": ("afflux le {date} : {n} articles nouveaux d’un coup, gardés dans la base mais hors des digests", "flood on {date}: {n} new articles at once, kept in the database but out of the digests"),
}  # fmt: skip
ADVICE: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "wait": ("rien à faire : elle sera réinterrogée", "nothing to do: it will be asked again"),
    "poll": ("lancez « watcher poll »", "run `watcher poll`"),
    "check-address": ("cherchez sa nouvelle adresse : « watcher sources add » suivi de sa page d’accueil", "look for its new address: `watcher sources add` and its home page"),
    "open-it": ("ouvrez son adresse dans un navigateur", "open its address in a browser"),
    "ask-publisher": ("demandez un accès à l’éditeur, ou prenez une autre source", "ask the publisher for access, or take another source"),
    "allow-host": ("ajoutez son hôte à allow_hosts si c’est voulu", "add its host to allow_hosts if you mean it"),
    "mend-select": ("revoyez « select » dans feeds.yaml", "look at `select` in feeds.yaml"),
    "remove": ("« watcher sources remove {id} »", "`watcher sources remove {id}`"),
    "new-address": ("recopiez cette adresse dans feeds.yaml", "copy this address into feeds.yaml"),
    "look-through": ("« watcher search » les trouve", "`watcher search` finds them"),
    "ask-oftener": ("si cela revient, raccourcissez « every » dans feeds.yaml", "if it happens again, make `every` shorter in feeds.yaml"),
}  # fmt: skip
# The same over a list of sources, in the order of urgency; and what is said of each of them under that.
TO_DO: dict[str, tuple[str, str]] = {
    "mend-select": ("Page refaite ? Revoyez « select » dans feeds.yaml", "A rebuilt page? Look at `select` in feeds.yaml"),
    "check-address": ("Adresse perdue : cherchez-la par « watcher sources add » et la page d’accueil", "Lost address: look for it by `watcher sources add` and the home page"),
    "remove": ("Supprimé par l’éditeur : à retirer de feeds.yaml", "Removed by the publisher: to be taken out of feeds.yaml"),
    "allow-host": ("Adresse privée : ajoutez l’hôte à allow_hosts si c’est voulu", "Private address: add the host to allow_hosts if you mean it"),
    "ask-publisher": ("Accès refusé : demandez-le à l’éditeur, ou prenez une autre source", "Access refused: ask the publisher for it, or take another source"),
    "open-it": ("À voir : ouvrez l’adresse dans un navigateur", "To be seen: open the address in a browser"),
    "wait": ("Rien à faire pour l’instant : un nouvel essai suivra", "Nothing to do for now: they will be asked again"),
    "new-address": ("Nouvelle adresse : recopiez-la dans feeds.yaml", "New address: copy it into feeds.yaml"),
    "silent": ("Silence inhabituel : ouvrez l’adresse dans un navigateur", "Unusual silence: open the address in a browser"),
    "ask-oftener": ("Trou possible : si cela revient, raccourcissez « every » dans feeds.yaml", "Possible gap: if it happens again, make `every` shorter in feeds.yaml"),
    "look-through": ("Afflux d’articles, tenus hors des digests : « watcher search » les trouve", "Flood of articles, kept out of the digests: `watcher search` finds them"),
    "poll": ("Jamais interrogées : lancez « watcher poll »", "Never asked: run `watcher poll`"),
    "well": ("Tout va bien", "All is well"),
}  # fmt: skip
_BRIEFLY: dict[str, tuple[str, str]] = {
    "dns": ("nom introuvable", "name not found"), "refused": ("personne ne répond", "nobody answers"), "tls": ("certificat refusé", "certificate refused"),
    "timeout": ("trop lente", "too slow"), "http": ("erreur {status}", "error {status}"), "blocked": ("refuse les programmes ({status})", "turns programs away ({status})"),
    "gone": ("« watcher sources remove {id} »", "`watcher sources remove {id}`"), "robots": ("interdite par robots.txt", "forbidden by robots.txt"),
    "redirects": ("renvois sans fin ou interdits", "endless or forbidden redirects"), "private-address": ("{detail}", "{detail}"),
    "too-large": ("trop volumineuse", "too large"), "broken": ("réponse illisible", "unreadable answer"),
    "not-a-feed": ("pas un flux (page web ?)", "not a feed (a web page?)"), "empty": ("flux vide", "empty feed"),
    "selector": ("rien pour « {detail} »", "nothing for `{detail}`"), "unreachable": ("hors de portée", "out of reach"),
    "silent": ("d’ordinaire tous les {n} jours", "usually every {n} days"), "silent-daily": ("d’ordinaire tous les jours", "usually every day"),
    "same": ("toujours le même document", "always the same document"), "moved": ("{address}", "{address}"),
    "gap": ("aucun article déjà connu", "no article known before"), "flood": ("{n} nouveaux d’un coup", "{n} new at once"),
}  # fmt: skip
_SAYS_WHAT_TO_DO = frozenset({"dns", "tls", "gone", "robots", "private-address", "selector"})  # so does their phrase

# The heads of columns, and the labels beside and inside them.
HEADS: dict[str, tuple[str, str]] = {
    "id": ("identifiant", "id"), "name": ("nom", "name"), "address": ("adresse", "address"), "every": ("toutes les", "every"),
    "articles": ("articles", "articles"), "newest": ("nouveauté", "last news"),
    "asked": ("interrogée", "asked"), "profile": ("profil", "profile"), "seeds": ("documents", "documents"), "terms": ("termes", "terms"),
    "threshold": ("seuil", "threshold"), "heaviest": ("les plus lourds", "heaviest"), "term": ("terme", "term"), "french": ("français", "French"),
    "english": ("anglais", "English"), "facet": ("facette", "facet"), "weight": ("poids", "weight"), "rare": ("rare : langue / biomédecine", "rare: language / biomedicine"),
    "from": ("vient de", "comes from"), "score": ("note", "score"), "title": ("titre", "title"), "date": ("date", "date"), "outlets": ("sources", "sources"),
    "why": ("pourquoi", "why"), "points": ("points", "points"), "field": ("où", "where"), "count": ("fois", "times"), "article": ("article", "article"),
    "was": ("avant", "before"), "because": ("pourquoi", "why"), "change": ("changement", "change"),
    "story": ("histoire", "story"), "number": ("n°", "no."), "known": ("connu ?", "known?"), "from-day": ("depuis", "since"), "source": ("source", "source"), "remark": ("remarque", "remark"),
    "digest": ("digest", "digest"), "reader": ("destinataire", "reader"), "fate": ("ce qu’elle devient", "what became of it"),
    "file": ("fichier", "file"), "size": ("taille", "size"), "last-run": ("dernier passage", "last run"), "copy-of": ("du", "of"),
}  # fmt: skip
LABELS: dict[str, tuple[str, str]] = {
    "never": ("jamais interrogée", "never asked"), "well": ("va bien", "well"), "you": ("vous (feeds.yaml)", "you (feeds.yaml)"),
    "title": ("titre", "title"), "text": ("texte", "text"), "total": ("total", "total"), "no-match": ("aucun terme du profil", "no term of the profile"),
    "first-seen": ("vu le", "first seen"), "published": ("publié le", "published"), "names": ("connu comme", "known as"), "cites": ("cite", "cites"),
    "seen-in": ("vu dans", "seen in"), "scores": ("notes", "scores"), "changed": ("modifié le", "changed"), "own-page": ("sa page", "own page"), "same-story": ("Même histoire", "Same story"), "history": ("parcours", "history"),
    "is-known": ("connu", "known"), "is-new": ("nouveau", "new"), "tied": ("lien", "tie"), "nothing": ("rien trouvé", "nothing found"), "disease": ("maladie", "disease"), "phenomenon": ("phénomène", "phenomenon"),
    "mechanism": ("mécanisme", "mechanism"), "method": ("méthode", "method"), "": ("", ""),
}  # fmt: skip

# Regular digests and their letters.
LETTERS: dict[str, tuple[str, str]] = {
    "day": ("jour {name}", "day {name}"),
    "week": ("semaine {name}", "week {name}"),
    "month": ("mois {name}", "month {name}"),
    "stories": ("{n} histoire|{n} histoires", "{n} story|{n} stories"),
    "letters": ("{n} lettre|{n} lettres", "{n} letter|{n} letters"),
    "carried": ("{n} pour la prochaine fois|{n} pour la prochaine fois", "{n} for the next time|{n} for the next time"),
    "empty": ("rien de nouveau, pas de lettre", "nothing new, no letter"),
    "failed": ("aucune source n’a pu être lue", "no source could be read"),
    "begun": ("nouvelle liste : ce qui est connu n’est pas une nouveauté, premier digest à la fin de la période en cours",
              "a new list: what is known is no news, first digest at the end of the present period"),
    "broken": ("le digest n’a pas pu être écrit ({detail}) ; rien n’est perdu, nouvel essai au prochain passage",
               "the digest could not be written ({detail}); nothing is lost, it is tried again at the next run"),
    "again": ("nouvel essai après le {moment}", "to be tried again after {moment}"),
    "next-run": ("part au prochain passage", "leaves at the next run"),
    "by-hand": ("« watcher outbox retry {id} » la redonne", "`watcher outbox retry {id}` gives it again"),
    "nothing-due": ("rien à envoyer", "nothing to send"),
    "waiting": ("{n} lettre attend son prochain essai|{n} lettres attendent leur prochain essai",
                "{n} letter waits for its next try|{n} letters wait for their next try"),
    "no-letters": ("aucune lettre", "no letters"),
    "tries": ("{n} essai|{n} essais", "{n} try|{n} tries"),
    "of": ("de {list}, {period}", "of {list}, {period}"),
}  # fmt: skip

# What becomes of a published work.
STATUSES: dict[str, tuple[str, str]] = {
    "": ("connu", "known"), "preprint": ("prépublication", "preprint"),
    "published": ("paru (auparavant prépublication)", "published (a preprint before)"),
    "issue": ("paru dans un numéro", "printed in an issue"), "corrected": ("corrigé", "corrected"),
    "questioned": ("mise en garde de la rédaction", "expression of concern"), "retracted": ("rétracté", "retracted"),
}  # fmt: skip

# What became of a letter, and why.
FATES: dict[str, tuple[str, str]] = {
    "ready": ("prête", "ready"), "sending": ("en cours d’envoi", "being sent"), "sent": ("envoyée", "sent"),
    "unknown": ("peut-être arrivée", "may have arrived"), "later": ("pas encore partie", "not yet gone"),
    "refused": ("refusée", "refused"), "given-up": ("abandonnée", "given up"), "dropped": ("retirée", "dropped"),
    "parted": ("découpée", "split into parts"),
}  # fmt: skip
REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "too-large": ("trop lourde pour ce serveur", "too large for this server"),
    "not-an-address": ("ce n’est pas une adresse : corrigez « to » dans feeds.yaml", "that is no address: correct `to` in feeds.yaml"),
    "malformed": ("message mal formé : c’est une erreur de watcher, signalez-la", "malformed message: an error of watcher's, please report it"),
    "no-smtputf8": ("ce serveur ne prend pas les adresses accentuées", "this server takes no address with accents"),
    "no-8bitmime": ("ce serveur ne prend pas les accents : c’est une erreur de watcher, signalez-la", "this server takes no accents: an error of watcher's, please report it"),
    "sender": ("le serveur refuse l’expéditeur : corrigez « from » de « mail »", "the server refuses the sender: correct `from` of `mail`"),
    "recipient": ("le serveur refuse cette adresse : vérifiez « to » dans feeds.yaml", "the server refuses this address: check `to` in feeds.yaml"),
    "dns": ("serveur de courrier introuvable : vérifiez « host » de « mail » et le réseau", "mail server not found: check `host` of `mail` and the network"),
    "connection": ("le serveur de courrier ne répond pas : vérifiez « host » et « port »", "the mail server does not answer: check `host` and `port`"),
    "timeout": ("le serveur de courrier est trop lent", "the mail server is too slow"),
    "broken": ("la conversation avec le serveur a été coupée", "the conversation with the server was cut"),
    "folder": ("le dossier ne s’écrit pas : vérifiez « maildir » ou « folder », et ses droits", "the folder cannot be written: check `maildir` or `folder`, and its permissions"),
    "cleartext": ("sans chiffrement, le courrier ne part que vers cette machine : mettez « security: starttls »", "without encryption mail goes to this machine only: put `security: starttls`"),
    "no-starttls": ("le serveur n’offre pas STARTTLS : essayez « security: tls » (port 465)", "the server offers no STARTTLS: try `security: tls` (port 465)"),
    "tls": ("certificat du serveur refusé : vérifiez « host », ou nommez l’autorité de votre établissement dans SSL_CERT_FILE", "the server's certificate is refused: check `host`, or name your institution's authority in SSL_CERT_FILE"),
    "injected": ("quelqu’un a parlé avant le chiffrement : réseau douteux, rien n’a été envoyé", "somebody spoke before the encryption: a doubtful network, nothing was sent"),
    "no-auth": ("aucune façon connue de s’identifier sur ce serveur : retirez « user », ou demandez PLAIN ou LOGIN", "no known way to log in on this server: take out `user`, or ask for PLAIN or LOGIN"),
    "no-password": ("mot de passe absent : mettez-le dans secrets.yaml (mail: password) ou dans WATCHER_MAIL_PASSWORD", "no password: put it into secrets.yaml (mail: password) or WATCHER_MAIL_PASSWORD"),
    "auth-refused": ("identifiants refusés : vérifiez « user » et le mot de passe", "login refused: check `user` and the password"),
    "login-wanted": ("le serveur veut un mot de passe : donnez « user » dans « mail », et le mot de passe dans secrets.yaml", "the server wants a login: give `user` in `mail`, and the password in secrets.yaml"),
    "no-program": ("le programme sendmail est introuvable ou ne démarre pas", "the program sendmail is not here or does not start"),
    "push-address": ("Apprise ne connaît pas ce service : corrigez son adresse dans secrets.yaml", "Apprise does not know this service: correct its address in secrets.yaml"),
    "no-push-address": ("adresse absente : mettez-la dans secrets.yaml (push: nom: adresse) ou dans WATCHER_PUSH_NOM", "no address: put it into secrets.yaml (push: name: address) or WATCHER_PUSH_NAME"),
    "no-apprise": ("les messages demandent Apprise : pip install \"literature-watcher[push]\"", "messages need Apprise: pip install \"literature-watcher[push]\""),
    "no-mail": ("pas de « mail: » dans feeds.yaml : dites par où part le courrier", "no `mail:` in feeds.yaml: say how mail leaves"),
}  # fmt: skip

# How the watch stands.
STANDING: dict[str, tuple[str, str]] = {
    "database": ("Base", "Database"), "now": ("Maintenant", "Now"), "runs": ("Derniers passages", "Last runs"), "next": ("À venir", "To come"),
    "mail": ("Courrier", "Mail"), "health": ("Santé", "Health"),
    "no-database": ("pas encore de base : « watcher poll » la crée", "no database yet: `watcher poll` makes it"),
    "resting": ("aucun passage en cours", "no run at work"),
    "working": ("un passage est en cours", "a run is at work"),
    "working-since": ("un passage est en cours : {command}, commencé {moment}", "a run is at work: {command}, begun {moment}"),
    "busy": ("un passage écrit dans la base en ce moment : relancez dans quelques secondes", "a run is writing to the database just now: ask again in a few seconds"),
    "no-run": ("aucun : « watcher run » fait le premier", "none: `watcher run` does the first one"),
    "interrupted": ("interrompu", "interrupted"), "stopped": ("arrêté au clavier", "stopped from the keyboard"), "failed": ("en échec", "failed"),
    "offline": ("pas de réseau", "no network"),
    "all-failed": ("aucune source n’a pu être lue", "no source could be read"), "undelivered": ("des lettres à voir : « watcher outbox »", "letters to look at: `watcher outbox`"),
    "of-failed": ("dont {n} en échec", "{n} of them failed"), "none-due": ("aucune source échue", "no source was due"),
    "sent": ("{n} lettre envoyée|{n} lettres envoyées", "{n} letter sent|{n} letters sent"),
    "due": ("{n} source échue|{n} sources échues", "{n} source due|{n} sources due"),
    "next-source": ("la suivante {moment}", "the next one {moment}"),
    "list-begins": ("commence au prochain passage", "begins at the next run"),
    "list-now": ("{period}, au prochain passage", "{period}, at the next run"),
    "list-at": ("{day} ({period})", "{day} ({period})"),
    "letters-due": ("{n} lettre à envoyer|{n} lettres à envoyer", "{n} letter to send|{n} letters to send"),
    "letters-waiting": ("{n} en attente d’un nouvel essai", "{n} waiting for another try"),
    "letters-failed": ("{n} non partie : « watcher outbox »|{n} non parties : « watcher outbox »", "{n} did not leave: `watcher outbox`"),
    "no-letters": ("aucune lettre en attente", "no letter waits"),
    "yesterday": ("hier", "yesterday"), "today": ("aujourd’hui", "today"), "tomorrow": ("demain", "tomorrow"),
}  # fmt: skip

# What failed beside the work, which went on.
WARNINGS: dict[str, tuple[str, str]] = {
    "log": ("journal {file} : écriture impossible ({detail}) ; le passage continue sans lui", "log {file}: cannot be written ({detail}); the run goes on without it"),
    "metrics": ("mesures {file} : écriture impossible ({detail})", "metrics {file}: cannot be written ({detail})"),
    "ping": ("l’adresse de « ping » ne répond pas ({detail}) ; vérifiez-la dans secrets.yaml", "the address of `ping` does not answer ({detail}); check it in secrets.yaml"),
}  # fmt: skip


def status_said(language: str, status: str) -> str:
    """What became of a work, or is to be known of it."""
    return STATUSES[status][language == "en"]


def say(language: str, key: str, n: int | None = None, **facts: object) -> str:
    """One saying in a language, with its plural when it counts something."""
    text = _SAYINGS[key][language == "en"] if n is None else counted(language, _SAYINGS[key], n)
    return spaced(language, text.format(**facts) if facts else text)


def counted(language: str, saying: tuple[str, str], n: int) -> str:
    """The singular or the plural of a saying, with its number."""
    one, _, many = saying[language == "en"].partition("|")
    single = n < 2 if language == "fr" else n == 1  # French counts 0 and 1,5 as one
    return (one if single or not many else many).replace("{n}", number(language, n))


def spaced(language: str, text: str) -> str:
    """French spaces before double punctuation, so that no line begins with it."""
    if language != "fr":
        return text
    for mark in ";!?":
        text = text.replace(f" {mark}", f"{THIN}{mark}")
    return text.replace(" :", f"{WIDE}:").replace("« ", f"«{WIDE}").replace(" »", f"{WIDE}»")


def summary_said(language: str, run: RunSummary, resting: int) -> str:
    """A run in one line."""
    return say(
        language,
        "summary",
        asked=say(language, "asked", run.asked),
        resting=say(language, "resting", resting),
        failed=number(language, run.failed),
        new=say(language, "new", run.new),
        known=say(language, "known", run.known),
    )


def pages_said(language: str, pages: Sequence[OwnPage]) -> str:
    """What came of articles' own pages in one line; "" when none was asked for."""
    counts = Counter(page.outcome if page.outcome in _PAGES else "failed" for page in pages)
    said = [counted(language, _PAGES[key], counts[key]) for key in _PAGES if counts[key] or (key == "read" and counts)]
    return spaced(language, ", ".join(said))


def page_said(language: str, page: OwnPage, zone: tzinfo, *, judged: bool) -> str:
    """What came of one article's own page, when, and whether the article is judged by it."""
    key: str = page.outcome if page.outcome in _PAGE else "again" if page.due else "failed"
    key = "judged" if judged else key
    said = spaced(language, _PAGE[key][language == "en"]).format(date=date_said(language, page.asked, zone))
    return f"{said} ({page.status})" if page.status and key != "blocked" else said


def trouble_said(language: str, trouble: Trouble) -> str:
    """What is wrong with a source and what to do, in one phrase."""
    text = _TROUBLE[trouble.kind][language == "en"].replace("{status}", str(trouble.status or ""))
    return spaced(language, text).replace("{detail}", trouble.detail)


def notice_said(language: str, health: Health, zone: tzinfo) -> str:
    """What is noticed of a source that answers, and since when."""
    text = _noticed(language, health, _NOTICES)
    return text.replace("{date}", date_said(language, health.since, zone) if health.since else "?")


def briefly_said(language: str, health: Health) -> str:
    """What is wrong with a source or noticed of it, in a few words, under a heading that says what to do."""
    trouble = health.state.trouble
    if trouble is None or health.word in NOTICED:
        return _noticed(language, health, _BRIEFLY)
    text = _BRIEFLY[trouble.kind][language == "en"].replace("{status}", str(trouble.status or "?"))
    return spaced(language, text).replace("{id}", health.source.id).replace("{detail}", trouble.detail)


def _noticed(language: str, health: Health, sayings: Mapping[str, tuple[str, str]]) -> str:
    usual = health.state.usual_gap
    days = None if usual is None else round(usual.total_seconds() / 86_400)
    key: str = health.word
    if key == "silent":
        key = "same" if days is None else "silent-daily" if days <= 1 else "silent"
    count = number(language, health.state.held if key == "flood" else days or 0)
    text = spaced(language, sayings[key][language == "en"]).replace("{n}", count)
    return text.replace("{address}", moved_to(health.source, health.state))


def advice_said(language: str, health: Health) -> str:
    """What to do about a source; empty when nothing is to be done, or when the trouble's own phrase says it."""
    if health.state.trouble and health.state.trouble.kind in _SAYS_WHAT_TO_DO and health.word not in NOTICED:
        return ""
    return spaced(language, ADVICE[health.advice][language == "en"]).format(id=health.source.id)


def origin_said(language: str, origin: str) -> str:
    """Where a term comes from: the name of a seed, or an article that was kept (+) or rejected (−)."""
    for mark, sign in ((KEPT, "+"), (REJECTED, "−")):
        if origin.startswith(mark):
            return f"{sign}{WIDE}{say(language, 'numbered', id=origin.removeprefix(mark))}"
    return origin


def date_said(language: str, moment: datetime, zone: tzinfo, *, day: bool = False, year: bool = True) -> str:
    """`7 mai 2025`, `1er mars 2026`, `lundi 23 novembre`; `7 May 2025`."""
    local = moment.astimezone(zone)
    number_said = "1er" if language == "fr" and local.day == 1 else str(local.day)
    parts = [_DAYS[language][local.weekday()]] if day else []
    parts += [number_said, _MONTHS[language][local.month - 1]]
    return " ".join([*parts, str(local.year)] if year else parts)


def period_said(language: str, start: datetime, end: datetime, zone: tzinfo) -> str:
    """`Veille du 16 au 23 novembre 2026`: what the two dates share is said once."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    opening = date_said(language, start, zone, year=first.year != last.year)
    if (first.year, first.month) == (last.year, last.month):
        opening = opening.split(" ")[0]
    return say(language, "title", start=opening, end=date_said(language, end, zone))


def moment_said(language: str, moment: datetime, zone: tzinfo) -> str:
    """`22 novembre 2026, 14:05`."""
    return f"{date_said(language, moment, zone)}, {moment.astimezone(zone):%H:%M}"


def event_said(language: str, moment: datetime, zone: tzinfo) -> str:
    """`mardi 8 décembre 2026, 14:30`; a midnight in Paris is an hour that nobody said, as in the calendar."""
    local = moment.astimezone(_PARIS)
    if (local.hour, local.minute) == (0, 0):
        return date_said(language, moment, _PARIS, day=True)
    return f"{date_said(language, moment, zone, day=True)}, {moment.astimezone(zone):%H:%M}"


def day_said(language: str, moment: datetime, zone: tzinfo) -> str:
    """A day for a narrow column: `22/11/2026`, `2026-11-22`."""
    return moment.astimezone(zone).strftime("%Y-%m-%d" if language == "en" else "%d/%m/%Y")


def short_day(language: str, moment: datetime, zone: tzinfo, *, now: datetime) -> str:
    """A day for a narrow column, as people say it: `22 nov.`, `1er mars`; of long ago `nov. 2024`."""
    local = moment.astimezone(zone)
    month = _SHORT_MONTHS[language][local.month - 1]
    if abs(now - moment) > _RECENT:
        return f"{month} {local.year}"
    return f"{'1er' if language == 'fr' and local.day == 1 else local.day} {month}"


def number(language: str, value: float, decimals: int = 0) -> str:
    """`1 234,5` in French, `1,234.5` in English."""
    text = f"{value:,.{decimals}f}"
    return text if language == "en" else text.replace(",", THIN).replace(".", ",")


def tenths(parts: Sequence[float]) -> tuple[float, ...]:
    """Round contributions to tenths so that what is shown adds up to the rounded sum."""
    return tuple(w / 10 for w in _adding_up(parts, 1))


def units(parts: Sequence[float]) -> tuple[int, ...]:
    """Round contributions to whole points so that what is shown adds up to the rounded sum."""
    return tuple(_adding_up(parts, 0))


def _adding_up(parts: Sequence[float], decimals: int) -> list[int]:
    """Largest remainders; in tenths when there is one decimal."""
    scale: int = 10**decimals
    whole = [math.floor(p * scale) for p in parts]
    # The sum is rounded as `number` rounds it, and only then scaled: 0.35 is 0.3 there, and 0.35 * 10 would be 4.
    missing = round(round(math.fsum(parts), decimals) * scale) - sum(whole)
    first = sorted(range(len(parts)), key=lambda i: (whole[i] - parts[i] * scale, i))
    for i in first[:missing]:
        whole[i] += 1
    return whole
