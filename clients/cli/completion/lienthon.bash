# bash completion for lienthon: what may stand there the program itself knows.
_lienthon()
{
    local line word current=${COMP_WORDS[COMP_CWORD]}
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
    done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lienthon lienthon
