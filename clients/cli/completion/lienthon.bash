# bash completion for lienthon: what may stand there the program itself knows.

# A word as the command would get it, as far as that is safe to say: without its quotes, and from the home folder on.
# Bash hands over what was typed; nothing of it is evaluated.
_lienthon_plain()
{
    plain=$1
    case $plain in
    \'*)
        plain=${plain#\'}
        plain=${plain%\'}
        return
        ;;
    \"*)
        plain=${plain#\"}
        plain=${plain%\"}
        ;;
    '~' | '~/'*) plain=$HOME${plain#'~'} ;;
    esac
    case $plain in
    '$HOME' | '$HOME/'*) plain=$HOME${plain#'$HOME'} ;;
    esac
    plain=${plain//\\/}
}

_lienthon()
{
    local line word plain current program
    local -a words=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        _lienthon_plain "$word"
        words+=("$plain")
    done
    current=$plain
    _lienthon_plain "${COMP_WORDS[0]}"
    program=$plain
    COMPREPLY=()
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        case $word in
        :files | :folders)
            local kind=-f
            [ "$word" = :files ] || kind=-d
            compopt -o filenames
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $kind -- "$current")
            ;;
        ?*) COMPREPLY+=("$word") ;;
        esac
    done < <("$program" complete -- "${words[@]}" 2>/dev/null)
}
complete -F _lienthon lienthon
