"""The words of the command line: what each error says and what to do about it, French first.

English on request: `WATCHER_LANG=en`.
"""

import os

from watcher.errors import ConfigError, Mistake, WatcherError

LANGUAGE = "en" if os.environ.get("WATCHER_LANG", "").lower().startswith("en") else "fr"


def t(french: str, english: str) -> str:
    """The one of two texts that the reader asked for."""
    return english if LANGUAGE == "en" else french


def example(*lines: str) -> str:
    """The end of every command's help."""
    return "\b\n" + "\n".join([t("Exemple :", "Example:"), *(f"  {line}" for line in lines)])


_ERRORS: dict[str, tuple[str, str]] = {
    "no-settings": ("{file} : fichier introuvable ; « watcher init » en crée un, --config en désigne un autre",
                    "{file}: no such file; `watcher init` makes one, --config names another"),
    "bad-template": ("{file} : modèle inutilisable ({detail})", "{file}: this template cannot be used ({detail})"),
    "only-html": ("--open ouvre une page HTML : retirez --format {form}", "--open opens an HTML page: take out --format {form}"),
    "exists": ("{file} existe déjà : rien n’a été écrit ; choisissez un autre dossier",
               "{file} is there already: nothing was written; choose another folder"),
    "unreadable-file": ("{file} : lecture impossible ({detail})", "{file}: cannot be read ({detail})"),
    "unwritable-file": ("{file} : écriture impossible ({detail})", "{file}: cannot be written ({detail})"),
    "too-large": ("{file} : plus de {limit} octets, ce n’est pas un document de départ", "{file}: over {limit} bytes, not a seed document"),
    "no-seeds": ("{folder} : aucun document de départ lisible ({endings})", "{folder}: no readable seed document ({endings})"),
    "bad-record": ("{file}, ligne {line} : enregistrement illisible ({detail})", "{file}, line {line}: unreadable record ({detail})"),
    "no-verdict": ("« {word} » : finissez par keep (garder) ou reject (écarter), comme « watcher mark 42 keep »",
                   "`{word}`: end with keep or reject, as in `watcher mark 42 keep`"),
    "join-one": ("réunir demande au moins deux articles, comme « watcher story join 12 40 »",
                 "joining wants two articles at least, as in `watcher story join 12 40`"),
    "nothing-said": ("n° {key} : rien n’a été dit de cet article", "no. {key}: nothing was said of this article"),
    "nothing-to-rank-by": ("{file} : dites ce que vous cherchez, par --seeds DOSSIER ou --keep ID", "{file}: say what you look for, by --seeds FOLDER or --keep ID"),
    "kept-and-rejected": ("« {key} » est à la fois gardé et écarté ; choisissez", "`{key}` is both kept and rejected; choose"),
    "bad-verdict": ("{file}, ligne {line} : il faut « ID keep » ou « ID reject »", "{file}, line {line}: `ID keep` or `ID reject` is wanted"),
    "no-such-record": ("{file} : aucun article d’identifiant « {key} »", "{file}: no article with the id `{key}`"),
    "no-columns": ("{file} : aucune colonne de titre ; la première ligne doit nommer title ou titre (colonnes lues : {detail})",
                   "{file}: no column of titles; the first line has to name title or titre (columns found: {detail})"),
    "no-profiles": ("{file} : aucun profil, il n’y a rien à apprendre", "{file}: no profile, there is nothing to learn"),
    "no-such-profile": ("profil inconnu : {name} ; connus : {known}", "unknown profile: {name}; known: {known}"),
    "no-such-article": ("aucun article « {key} » : donnez un numéro, une adresse, un DOI ou un PMID ; « watcher search MOTS » les trouve",
                        "no article `{key}`: give a number, an address, a DOI or a PMID; `watcher search WORDS` finds them"),
    "open-secrets": ("{file} : d’autres que vous peuvent lire ce fichier de mots de passe ; faites « chmod 600 {file} »",
                     "{file}: others can read this file of passwords; run `chmod 600 {file}`"),
    "bad-secret": ("{name} : il faut « utilisateur:motdepasse »", "{name}: `user:password` is wanted"),
    "bad-key": ("{name} : il faut « paramètre=clé »", "{name}: `parameter=key` is wanted"),
    "no-such-source": ("source inconnue : {key} ; connues : {known}", "unknown source: {key}; known: {known}"),
    "last-source": ("{key} est la seule source de {file} : ajoutez-en une autre d’abord", "{key} is the only source of {file}: add another one first"),
    "source-known": ("{url} est déjà suivie : {key}", "{url} is watched already: {key}"),
    "source-id-taken": ("l’identifiant {key} est déjà pris ; choisissez-en un autre avec --id", "the id {key} is taken; choose another with --id"),
    "not-an-address": ("{url} : il faut une adresse http:// ou https://", "{url}: an http:// or https:// address is wanted"),
    "no-feed-found": ("{url} : aucun flux trouvé ({detail})", "{url}: no feed found ({detail})"),
    "source-fails": ("{key} : {detail}", "{key}: {detail}"),
    "no-feeds-listed": ("{file} : aucune source à reprendre (pas de xmlUrl nouveau)", "{file}: no source to take over (no new xmlUrl)"),
    "cannot-edit": ("{file}, vers la ligne {line} : cette disposition ne se modifie pas sans risque, rien n’a été écrit ; faites-le à la main",
                    "{file}, near line {line}: this layout cannot be changed safely, nothing was written; do it by hand"),
    "bad-duration": ("durée illisible : {value} ; exemples : 12h, 7d, 2w", "not a duration: {value}; examples: 12h, 7d, 2w"),
    "no-database": ("{file} : pas encore de base ; « watcher poll » la crée", "{file}: no database yet; `watcher poll` makes it"),
    "foreign-database": ("{file} : cette base appartient à un autre programme ; donnez un autre nom à « database »",
                         "{file}: this database belongs to another program; give `database` another name"),
    "newer-database": ("{file} : base écrite par une version plus récente de watcher ; mettez watcher à jour",
                       "{file}: written by a newer version of watcher; upgrade watcher"),
    "a-folder": ("{file} : c’est un dossier, et non une base ; donnez un autre nom à « database »",
                 "{file}: a folder, and no database; give `database` another name"),
    "empty-file": ("{file} : fichier vide, la base a disparu ; restaurez une sauvegarde, ou effacez ce fichier pour repartir de zéro",
                   "{file}: an empty file, the database is gone; restore a backup, or delete this file to start anew"),
    "lost": ("{file} : base introuvable, alors que {folder} en garde des sauvegardes ; restaurez-en une, ou déplacez ce dossier pour repartir de zéro",
             "{file}: no such database, but {folder} holds backups of it; restore one, or move that folder away to start anew"),
    "moved-away": ("{file} : base effacée ou déplacée pendant le passage ; remettez-la en place ou restaurez une sauvegarde, puis relancez",
                   "{file}: deleted or moved while at work; put it back or restore a backup, then run again"),
    "restore-unfinished": ("{file} : une restauration est en cours ou fut interrompue ; relancez « watcher restore »",
                           "{file}: a restore is under way or was interrupted; run `watcher restore` again"),
    "no-such-copy": ("{file} : aucune sauvegarde de ce nom ; « watcher restore » montre celles qu’il y a",
                     "{file}: no backup of that name; `watcher restore` shows those that there are"),
    "copy-itself": ("{file} : c’est la base elle-même ; donnez une sauvegarde", "{file}: the database itself; give a backup"),
    "copy-differs": ("{file} : la copie ne dit pas ce que dit la base (table {table}) ; elle n’a pas été gardée, relancez",
                     "{file}: the copy does not say what the database says (table {table}); it was not kept, run again"),
    "bad-retention": ("durée illisible ou trop courte : {value} ; exemples : 24m (mois), 2y (ans) ; trois mois au moins",
                      "not a duration, or too short: {value}; examples: 24m (months), 2y (years); three months at least"),
    "foreign-link": ("{file} : ce lien a été posé par un autre utilisateur ; supprimez-le ou nommez une autre base",
                     "{file}: another user put this link there; delete it or name another database"),
    "disk-full": ("{file} : disque plein ; libérez de la place et relancez, rien n’est perdu",
                  "{file}: disk full; make room and run again, nothing is lost"),
    "read-only": ("{file} : fichier, dossier ou disque en lecture seule ; rendez-le inscriptible et relancez",
                  "{file}: file, folder or disk is read-only; make it writable and run again"),
    "cannot-open": ("{file} : ouverture impossible ({detail}) ; vérifiez le dossier et les droits",
                    "{file}: cannot be opened ({detail}); check the folder and its permissions"),
    "not-a-database": ("{file} : ce n’est pas une base SQLite ; déplacez ce fichier ou restaurez une sauvegarde",
                       "{file}: not an SQLite database; move this file away or restore a backup"),
    "corrupt": ("{file} : base endommagée ; restaurez une sauvegarde, n’y écrivez plus",
                "{file}: database damaged; restore a backup and do not write to it"),
    "busy": ("{file} : base occupée par un autre programme depuis 30 s ; relancez plus tard",
             "{file}: kept busy by another program for 30 s; run again later"),
    "disk-error": ("{file} : erreur du disque ({detail})", "{file}: disk error ({detail})"),
    "locked": ("un autre passage de watcher est en cours sur {file} ; celui-ci s’arrête sans rien faire",
               "another run of watcher is at work on {file}; this one stops and does nothing"),
    "no-mail": ("{file} : pas de « mail: », rien ne peut être envoyé ; dites par où part le courrier", "{file}: no `mail:`, nothing can be sent; say how mail leaves"),
    "no-room": ("{name} : une lettre ne contient même pas une histoire ; voyez votre modèle", "{name}: a letter does not hold one story; look at your template"),
    "not-a-mailbox": ("« {address} » n’est pas une adresse électronique", "`{address}` is not an e-mail address"),
    "undelivered": ("{count} à voir ; « watcher outbox » dit ce que sont devenues les lettres", "{count} to look at; `watcher outbox` says what became of the letters"),
    "untested": ("l’essai n’est pas parti ({count})", "the test did not leave ({count})"),
    "no-such-letter": ("pas de lettre n° {number} ; « watcher outbox » les montre", "no letter no. {number}; `watcher outbox` shows them"),
    "letter-sent": ("la lettre n° {number} est déjà partie", "letter no. {number} has left already"),
    "letter-parted": ("la lettre n° {number} est partie en plusieurs parties ; « watcher outbox » les montre",
                      "letter no. {number} left in parts; `watcher outbox` shows them"),
    "letter-empty": ("la lettre n° {number} n’a pas pu être écrite : corrigez l’adresse, elle aura le prochain digest",
                     "letter no. {number} could not be written: correct the address, it gets the next digest"),
    "letter-forgotten": ("la lettre n’existe plus : « watcher forget » en a effacé le texte",
                         "the letter is no more: `watcher forget` took its text out"),
    "letter-closed": ("la lettre n° {number} n’attend plus rien", "letter no. {number} waits for nothing any more"),
    "only-as-sent": ("--again montre ce qui fut envoyé : --format text ou html, pas {form}", "--again shows what was sent: --format text or html, not {form}"),
    "no-such-period": ("aucun digest de « {period} » ; connus : {known}", "no digest of `{period}`; known: {known}"),
    "several-lists": ("plusieurs digests de « {period} » : {known} ; choisissez avec --list", "several digests of `{period}`: {known}; choose with --list"),
    "nothing-sent": ("{name}, {period} : rien de nouveau, aucune lettre n’est partie", "{name}, {period}: nothing new, no letter was sent"),
    "none-read": ("aucune source n’a pu être lue : ce silence n’est pas une absence de nouvelles ; détail : « watcher sources check »",
                  "no source could be read: this silence does not mean there is no news; details: `watcher sources check`"),
    "bad-hour": ("heure illisible : {value} ; exemple : 07:30", "not an hour: {value}; example: 07:30"),
    "odd-path": ("{path!r} : ce nom contient une fin de ligne ou un autre caractère invisible ; renommez-le",
                 "{path!r}: this name holds a line end or another invisible character; rename it"),
    "no-scheduler": ("{program} : ce programme n’est pas sur cette machine ; « watcher schedule » en connaît d’autres : cron, systemd, launchd",
                     "{program}: this program is not on this machine; `watcher schedule` knows others: cron, systemd, launchd"),
    "scheduler-late": ("{program} ne répond pas ; rien n’est sûr, recommencez", "{program} does not answer; nothing is certain, do it again"),
    "scheduler-refused": ("{program} refuse : {detail}", "{program} refuses: {detail}"),
    "open-block": ("crontab, ligne {line} : « {mark} » est seul, son pendant manque ; retirez cette ligne par « crontab -e », rien n’a été écrit",
                   "crontab, line {line}: `{mark}` stands alone, its other half is missing; take this line out by `crontab -e`, nothing was written"),
    "unwell": ("à réparer : {count}", "to be mended: {count}"),
    "offline": ("pas de réseau : aucune des {count} sources n’a pu être jointe ; rien n’est compté contre elles, le prochain passage recommence",
                "no network: none of the {count} sources could be reached; nothing is held against them, the next run begins again"),
    "all-failed": ("aucune des {count} sources n’a pu être lue ; détail : « watcher sources check »",
                   "none of the {count} sources could be read; details: `watcher sources check`"),
}  # fmt: skip

_MISTAKES: dict[str, tuple[str, str]] = {
    "unreadable": ("lecture impossible : {got}", "cannot be read: {got}"),
    "too-large": ("fichier trop volumineux (plus de 1 Mo)", "file too large (over 1 MB)"),
    "not-utf-8": ("le fichier n’est pas en UTF-8 ; enregistrez-le dans ce codage", "the file is not UTF-8; save it in that encoding"),
    "control-character": ("caractère de contrôle interdit", "forbidden control character"),
    "syntax": ("YAML illisible : {got}", "YAML cannot be read: {got}"),
    "tab": ("tabulation : YAML n’accepte que des espaces en début de ligne", "tab: YAML takes only spaces at the start of a line"),
    "too-deep": ("listes imbriquées trop profondément", "lists nested too deeply"),
    "several-documents": ("plusieurs documents dans un fichier (---) ; un seul est permis", "several documents in one file (---); only one is allowed"),
    "alias": ("ancre ou alias YAML ({got}) : écrivez la valeur en entier", "YAML anchor or alias ({got}): write the value out"),
    "tag": ("étiquette YAML ({got}) : retirez-la", "YAML tag ({got}): take it out"),
    "not-a-mapping": ("il faut des lignes « nom : valeur »", "lines `name: value` are wanted"),
    "not-a-list": ("il faut une liste", "a list is wanted"),
    "not-a-text": ("il faut un texte", "a text is wanted"),
    "not-a-number": ("« {got} » n’est pas un nombre", "`{got}` is not a number"),
    "out-of-range": ("« {got} » est hors limites", "`{got}` is out of range"),
    "missing": ("réglage manquant", "setting missing"),
    "unknown-key": ("« {got} » : réglage inconnu", "`{got}`: unknown setting"),
    "duplicate-key": ("« {got} » est donné deux fois (déjà ligne {hint})", "`{got}` is given twice (already on line {hint})"),
    "duplicate-id": ("identifiant « {got} » déjà pris ligne {hint}", "id `{got}` already taken on line {hint}"),
    "duplicate-url": ("adresse déjà donnée ligne {hint} : {got}", "address already given on line {hint}: {got}"),
    "duplicate-name": ("nom « {got} » déjà pris ligne {hint}", "name `{got}` already taken on line {hint}"),
    "not-an-id": ("« {got} » : identifiant en minuscules, chiffres et tirets", "`{got}`: an id has small letters, digits and hyphens"),
    "not-a-name": ("« {got} » ne peut pas servir de nom", "`{got}` cannot serve as a name"),
    "not-a-web-address": ("« {got} » : il faut une adresse http:// ou https://", "`{got}`: an http:// or https:// address is wanted"),
    "not-an-email": ("« {got} » n’est pas une adresse électronique", "`{got}` is not an e-mail address"),
    "not-a-contact": ("« {got} » : il faut votre adresse électronique ou votre site", "`{got}`: your e-mail address or web site is wanted"),
    "not-a-host": ("« {got} » : il faut un nom d’hôte, une adresse IP ou un réseau", "`{got}`: a host name, an IP address or a network is wanted"),
    "not-a-path": ("« {got} » n’est pas un chemin de fichier", "`{got}` is not a file path"),
    "not-a-duration": ("« {got} » n’est pas une durée (exemples : 30m, 6h, 2d, 1w)", "`{got}` is not a duration (examples: 30m, 6h, 2d, 1w)"),
    "too-often": ("« {got} » : pas plus d’une fois toutes les 5 minutes", "`{got}`: at most once in 5 minutes"),
    "too-rare": ("« {got} » : au moins une fois par an", "`{got}`: at least once a year"),
    "no-such-folder": ("dossier introuvable : {got}", "no such folder: {got}"),
    "unknown-zone": ("fuseau horaire inconnu : {got}", "unknown time zone: {got}"),
    "unknown-language": ("langue inconnue : {got}", "unknown language: {got}"),
    "unknown-kind": ("sorte de source inconnue : {got}", "unknown kind of source: {got}"),
    "unknown-every": ("cadence inconnue : {got}", "unknown cadence: {got}"),
    "not-a-count": ("« {got} » : il faut un nombre entier, de 1 à 200", "`{got}`: a whole number from 1 to 200 is wanted"),
    "unknown-day": ("jour inconnu : {got}", "unknown day: {got}"),
    "not-a-retention": ("« {got} » : une durée en mois ou en ans, trois mois au moins", "`{got}`: a duration in months or years is wanted, three months at least"),
    "not-a-few": ("« {got} » : il faut un nombre entier, de 0 à 20", "`{got}`: a whole number from 0 to 20 is wanted"),
    "unknown-form": ("forme inconnue : {got}", "unknown form: {got}"),
    "not-for-letters": ("une lettre est « html » ou « text » ; « {got} » est pour un dossier (folder) sans « to »",
                        "a letter is `html` or `text`; `{got}` is for a folder without `to`"),
    "push-here": ("une adresse Apprise est un secret : donnez ici un nom, et l’adresse dans secrets.yaml (push: nom: adresse)",
                  "an Apprise address is a secret: give a name here, and the address in secrets.yaml (push: name: address)"),
    "query-wanted": (
        "une source « {got} » a besoin d’une requête (query)",
        "a `{got}` source needs a query",
    ),
    "too-many-readers": ("{got} destinataires, {hint} au plus ; passez par une liste de diffusion",
                         "{got} recipients, {hint} at most; use a mailing list"),
    "not-yes-or-no": ("« {got} » : il faut yes ou no (oui ou non)", "`{got}`: yes or no is wanted"),
    "says-nothing": ("« {got} » : un mot au moins qui dise quelque chose, « le » ou « 2024 » n’y suffisent pas",
                     "`{got}`: at least one word that says something is wanted, `the` or `2024` will not do"),
    "unknown-profile": ("profil inconnu : {got}", "unknown profile: {got}"),
    "not-a-server": ("« {got} » : il faut le nom ou l’adresse d’un serveur de courrier, sans port", "`{got}`: the name or address of a mail server is wanted, without a port"),
    "not-a-port": ("« {got} » n’est pas un port (1 à 65535)", "`{got}` is not a port (1 to 65535)"),
    "unknown-security": ("« {got} » : starttls, tls ou none", "`{got}`: starttls, tls or none"),
    "cleartext": ("sans chiffrement, le courrier ne part que vers cette machine (localhost)", "without encryption, mail goes to this machine only (localhost)"),
    "mail-way": ("une seule voie : host, maildir ou sendmail (déjà ligne {hint})", "one way only: host, maildir or sendmail (already on line {hint})"),
    "server-only": ("ne vaut que pour un serveur (host)", "is for a server only (host)"),
    "secret-here": ("le mot de passe va dans secrets.yaml ou dans WATCHER_MAIL_PASSWORD, pas ici",
                    "the password belongs into secrets.yaml or WATCHER_MAIL_PASSWORD, not here"),
    "unknown-level": ("« {got} » : warnings, runs, sources ou requests", "`{got}`: warnings, runs, sources or requests"),
    "not-a-text-file": ("« {got} » est un dossier : il faut un fichier", "`{got}` is a folder: a file is wanted"),
    "ping-here": ("cette adresse est un secret : mettez-la dans secrets.yaml (ping: address) ou dans WATCHER_PING_ADDRESS",
                  "this address is a secret: put it into secrets.yaml (ping: address) or WATCHER_PING_ADDRESS"),
}  # fmt: skip

# What is said of the entry that has watcher run by itself.
SCHEDULE: dict[str, tuple[str, str]] = {
    "hourly": ("# toutes les heures, à la minute {minute} ; chaque source garde son propre rythme",
               "# every hour, at minute {minute}; each source keeps its own pace"),
    "daily": ("# tous les jours à {moment}", "# every day at {moment}"),
    "secret-left": ("{name} n’y est pas écrit : mettez ce secret dans secrets.yaml", "{name} is not written there: put this secret into secrets.yaml"),
    "login-left": ("{name} contient un mot de passe ou un caractère interdit, et n’y est pas écrit",
                   "{name} holds a password or a forbidden character, and is not written there"),
    "machine-hour": ("cette heure est celle de la machine, qui n’est pas à l’heure de {zone}", "this hour is the machine's, which is not on {zone} time"),
    "linger": ("systemd s’arrête quand vous fermez votre session ; pour qu’il continue : loginctl enable-linger",
               "systemd stops when you log out; to have it go on: loginctl enable-linger"),
    "no-digests": ("les réglages n’ont pas de digest régulier (digests) : ce passage relève et n’envoie rien ; « watcher digest » montre ce qu’il y a à lire",
                   "the settings have no regular digest (digests): this run polls and sends nothing; `watcher digest` shows what there is to read"),
    "no-mail": ("les réglages ont des digests mais ne disent pas par où part le courrier (mail)", "the settings have digests but do not say how mail leaves (mail)"),
    "shown": ("rien n’est écrit : ajoutez --install", "nothing is written: add --install"),
    "written": ("écrit pour {medium} : {file}", "written for {medium}: {file}"),
    "taken-out": ("retiré de {medium} : {file}", "taken out of {medium}: {file}"),
    "not-there": ("rien à retirer : {medium} ne connaît pas {file}", "nothing to take out: {medium} does not know {file}"),
    "asleep": ("! {medium} n’est pas à l’œuvre ici : l’entrée attend qu’il le soit", "! {medium} is not at work here: the entry waits for it"),
}  # fmt: skip


def error_said(error: WatcherError) -> list[str]:
    """What an error says: one line, or one for each mistake of a file."""
    if isinstance(error, ConfigError):
        return [_mistake_said(m) for m in error.mistakes]
    said = reason_said(error.reason, **error.facts)
    if backup := error.facts.get("backup"):
        said += t(
            f" ; sauvegarde la plus récente : « watcher restore {backup} »",
            f"; newest backup: `watcher restore {backup}`",
        )
    return [said]


def reason_said(reason: str, **facts: object) -> str:
    """What an error of that reason says."""
    return t(*_ERRORS[reason]).format(**facts)


def _mistake_said(mistake: Mistake) -> str:
    place = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
    where = f" {mistake.where}" if mistake.where else ""
    said = t(*_MISTAKES[mistake.reason]).format(got=mistake.got, hint=mistake.hint)
    shown = mistake.hint and "{hint}" not in _MISTAKES[mistake.reason][0]
    hint = t(f" ; vouliez-vous dire « {mistake.hint} » ?", f"; did you mean `{mistake.hint}`?") if shown else ""
    return f"{place}:{where} {said}{hint}"
