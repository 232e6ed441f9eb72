// The same program as consumer.c, as somebody who writes C++ would: consumer STATE_FOLDER TOPIC, the code on standard input.
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/random.h>

#include <lienthon/client.h>
#include <lienthon/types.h>

namespace
{

constexpr int patience_ms = 30000;

struct failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Calls a function whose last parameter is the error, and throws what it says.
template <class Function, class... Arguments> void must(Function function, Arguments... arguments)
{
    lt_error error = {};
    const lt_code code = function(arguments..., &error);
    if (code != LT_DONE)
        throw failure(std::string(lt_code_name(code)) + ": " + error.text);
}

struct end_client {
    void operator()(lt_client *client) const
    {
        lt_client_destroy(&client, patience_ms);
    }
};
using client_ptr = std::unique_ptr<lt_client, end_client>;

struct buffer : lt_buffer {
    explicit buffer(std::size_t most) : lt_buffer{}
    {
        max = most;
    }
    ~buffer()
    {
        lt_buffer_clear(this);
    }
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
};

struct joined : lt_joined {
    joined() : lt_joined{}
    {
    }
    ~joined()
    {
        lt_joined_clear(this);
    }
    joined(const joined &) = delete;
    joined &operator=(const joined &) = delete;
};

lt_slice slice(const std::string &text)
{
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

class consumer
{
  public:
    consumer(const std::string &code, const char *state, std::string topic)
        : topic_(std::move(topic))
    {
        uint8_t seed[LT_SEED_SIZE], curve[LT_KEY_SIZE];
        joined now;
        if (getrandom(seed, sizeof seed, 0) != sizeof seed ||
            getrandom(curve, sizeof curve, 0) != sizeof curve)
            throw failure("no keys");
        must(lt_join_checked, slice(code), seed, curve, &now);
        lt_client_config config = {};
        lt_joined_configure(&now, &config);
        config.seed = seed;
        config.curve_secret = curve;
        config.state_folder = state;
        lt_client *made = nullptr;
        must(lt_client_new, &config, &made);
        client_.reset(made);
        char receipts[LT_TOPIC_MAX + 1];
        lt_principal_topic("$lt/receipts/", lt_slice_of(now.principal), receipts);
        receipts_ = receipts;
    }

    void run()
    {
        notices_ = follow(topic_);
        answers_ = follow(receipts_);
        post();
        lt_handlers handlers = {};
        handlers.user = this;
        handlers.message = [](void *user, lt_client *, const lt_event *event) {
            static_cast<consumer *>(user)->guarded([=](consumer &self) { self.take(*event); });
        };
        handlers.other = [](void *user, lt_client *, const lt_event *event) {
            static_cast<consumer *>(user)->guarded([=](consumer &) {
                if (event->code >= LT_MALFORMED)
                    throw failure(event->text);
            });
        };
        while (!seen_) {
            if (lt_client_dispatch(client_.get(), &handlers, patience_ms) == 0)
                throw failure("no receipt came");
            if (thrown_)
                std::rethrow_exception(thrown_);
        }
    }

  private:
    // Nothing may be thrown through the library, which is C.
    template <class Function> void guarded(Function function)
    {
        try {
            function(*this);
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    void take(const lt_event &event)
    {
        const lt_part &part = event.message->part;
        if (event.sid == notices_ && event.verdict == LT_DONE) {
            must(lt_client_obey, client_.get(), event.message->bytes);
            answer(part);
        } else if (event.sid == answers_ && std::memcmp(part.re, id_, sizeof id_) == 0) {
            lt_receipt receipt;
            must(lt_receipt_decode, part.body, &receipt);
            seen_ = receipt.outcome == LT_RECEIPT_OUTCOME_DONE;
        }
        const char *no_detail = nullptr;
        must(lt_client_settle, client_.get(), event.sid, event.seq, LT_ACK_DONE, no_detail);
    }

    static lt_code lt_join_checked(lt_slice code, const uint8_t *seed, const uint8_t *curve,
                                   lt_joined *now, lt_error *error)
    {
        return lt_join(code, seed, curve, patience_ms, now, error);
    }

    uint64_t follow(const std::string &topic)
    {
        const char *pattern = topic.c_str();
        uint64_t sid = 0, *token = nullptr;
        lt_subscription wanted = {};
        wanted.patterns = &pattern;
        wanted.pattern_count = 1;
        wanted.from = LT_FROM_ALL; // what is published before the hub has heard of this counts too
        must(lt_client_subscribe, client_.get(), &wanted, &sid, token);
        return sid;
    }

    void post()
    {
        buffer body(65536);
        lt_notice notice = {};
        notice.text = lt_slice_of("Mời bà con họp lúc 19 giờ.");
        must(lt_notice_encode, &notice, &body);
        lt_part draft = {};
        draft.topic = slice(topic_);
        draft.type = lt_slice_of("notice.v1");
        draft.flags = LT_RECEIPT;
        draft.body = lt_buffer_slice(&body);
        uint64_t *token = nullptr;
        must(lt_client_publish, client_.get(), &draft, id_, token);
    }

    void answer(const lt_part &notice)
    {
        buffer body(4096);
        lt_receipt receipt = {};
        receipt.outcome = LT_RECEIPT_OUTCOME_DONE;
        receipt.target = lt_slice_of("consumer");
        receipt.at = lt_client_time(client_.get(), nullptr);
        must(lt_receipt_encode, &receipt, &body);
        lt_part draft = {};
        draft.topic = slice(receipts_);
        draft.type = lt_slice_of("receipt.v1");
        draft.relation = LT_ANSWERS;
        std::memcpy(draft.re, notice.id, sizeof draft.re);
        draft.body = lt_buffer_slice(&body);
        uint8_t *id = nullptr;
        uint64_t *token = nullptr;
        must(lt_client_publish, client_.get(), &draft, id, token);
    }

    std::string topic_, receipts_;
    uint64_t notices_ = 0, answers_ = 0;
    uint8_t id_[LT_ID_SIZE] = {};
    bool seen_ = false;
    std::exception_ptr thrown_;
    client_ptr client_;
};

} // namespace

int main(int count, char **arguments)
{
    std::string code;
    if (count != 3 || !std::getline(std::cin, code))
        return 2;
    try {
        consumer(code, arguments[1], arguments[2]).run();
    } catch (const failure &failed) {
        std::cerr << failed.what() << "\n";
        return 1;
    }
    std::cout << "the receipt has been seen\n";
    return 0;
}
